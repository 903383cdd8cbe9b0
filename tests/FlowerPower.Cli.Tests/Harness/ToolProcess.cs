using System.Diagnostics;
using System.Runtime.InteropServices;
using FlowerPower.TestServers;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>The built tool as a process of its own.</summary>
internal sealed class ToolProcess : IDisposable
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Halt = 19;

    private readonly Process process;
    private readonly HeardLines heard;

    private ToolProcess(Process process)
    {
        this.process = process;
        heard = HeardLines.Of(process, "out: ", "err: ");
    }

    public static ToolProcess Start(TempProject project, params string[] arguments) => StartOn(disk: null, project, arguments);

    /// <summary>Starts it where a disk of the test's own is mounted.</summary>
    public static ToolProcess StartOn(SmallDisk? disk, TempProject project, params string[] arguments)
    {
        string[] words = [.. disk?.Prefix ?? [], "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "FlowerPower.Cli.dll"), .. arguments];
        var start = new ProcessStartInfo(words[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = project.Root,
        };
        foreach (var word in words.Skip(1))
        {
            start.ArgumentList.Add(word);
        }

        return new ToolProcess(Process.Start(start)!);
    }

    /// <summary>Runs a command line to its end.</summary>
    public static async Task<(int ExitCode, IReadOnlyList<string> Lines)> RunAsync(TempProject project, params string[] arguments)
    {
        using var tool = Start(project, arguments);
        return (await tool.ExitAsync(), tool.Lines);
    }

    /// <summary>Everything said so far, each line with <c>out: </c> or <c>err: </c> before it.</summary>
    public IReadOnlyList<string> Lines => heard.All;

    /// <summary>The next line that holds these words.</summary>
    public Task<string> LineAsync(string words) => heard.NextAsync(words, Tool.Bound, "It");

    public void Signal(int signal) => Assert.Equal(0, SendSignal(process.Id, signal));

    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Tool.Bound);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
