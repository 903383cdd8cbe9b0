using System.ComponentModel;
using System.Diagnostics;

namespace FlowerPower.TestServers;

/// <summary>Runs <c>ip</c> of iproute2.</summary>
internal static class IpTool
{
    /// <summary>Several commands in one go; the first that fails ends it.</summary>
    /// <param name="inside">The namespace in which they are meant; null for the test process' own.</param>
    public static async Task DoAsync(IReadOnlyCollection<string> lines, string? inside = null)
    {
        string[] words = [.. inside is null ? Array.Empty<string>() : ["-n", inside], "-batch", "-"];
        var (exitCode, _, error) = await RunAsync(words, string.Join('\n', lines) + "\n");
        if (exitCode != 0)
        {
            throw new InvalidOperationException(
                $"The tests' network cannot be made or changed (it needs Linux, root and iproute2): {error.Trim()} (of: {string.Join("; ", lines)})");
        }
    }

    /// <summary>What one command says; nothing if it fails.</summary>
    public static async Task<string> AskAsync(string line) => (await RunAsync(line.Split(' '), "")).Output;

    /// <summary>One command that may fail.</summary>
    public static Task TryAsync(string line) => RunAsync(line.Split(' '), "");

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(IEnumerable<string> words, string input)
    {
        var start = new ProcessStartInfo("ip", words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new FileNotFoundException("iproute2 is not installed: apt-get install iproute2", e);
        }

        using (process)
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output, await error);
        }
    }
}
