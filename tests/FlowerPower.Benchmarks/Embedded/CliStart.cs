using System.Diagnostics;

namespace FlowerPower.Benchmarks.Embedded;

/// <summary>How long a command of the built tool takes as a whole process.</summary>
internal static class CliStart
{
    public static async Task<double> TakeAsync(params string[] arguments)
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "FlowerPower.Cli.dll");
        if (!File.Exists(tool))
        {
            throw new FileNotFoundException("The tool is built beside the benchmarks; build them first.", tool);
        }

        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(tool);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return clock.Elapsed.TotalMilliseconds;
    }
}
