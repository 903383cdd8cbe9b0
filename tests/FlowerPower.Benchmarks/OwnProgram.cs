using System.Diagnostics;

namespace FlowerPower.Benchmarks;

/// <summary>This program again, as another process that plays a part in a benchmark; it ends with its standard input.</summary>
internal static class OwnProgram
{
    public static Process Start(params string[] arguments)
    {
        // Started as "dotnet FlowerPower.Benchmarks.dll" or by its own host.
        var isDotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        return Process.Start(new ProcessStartInfo(Environment.ProcessPath!, isDotnet ? [typeof(OwnProgram).Assembly.Location, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }
}
