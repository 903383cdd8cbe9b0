using System.Diagnostics;
using System.Runtime.InteropServices;
using FlowerPower.TestServers;

namespace FlowerPower.Failures.Cluster;

/// <summary>One process of <c>flowerpower node start</c> on a machine of its own.</summary>
internal sealed class NodeProcess : IDisposable
{
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    private readonly Process process;
    private readonly Lock gate = new();
    private readonly List<string> heard = [];
    private TaskCompletionSource changed = NewPromise();

    private NodeProcess(string name, Process process)
    {
        Name = name;
        this.process = process;
        process.OutputDataReceived += (_, e) => Hear(e.Data);
        process.ErrorDataReceived += (_, e) => Hear(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    /// <summary>Everything said so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. heard];
            }
        }
    }

    /// <summary>How often it has begun to serve; each time as another incarnation.</summary>
    public IReadOnlyList<string> Incarnations => [.. Lines.Where(line => line.StartsWith("Serving cluster ", StringComparison.Ordinal)).Select(line => line.Split(" as ")[1].Split(' ')[0])];

    public bool HasExited => process.HasExited;

    public static async Task<NodeProcess> StartAsync(Network network, string name, string folder, IEnumerable<string> options)
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "FlowerPower.Cli.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", tool, "node", "start", "--name", name, .. options])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[TracedProject.NodeVariable] = name;
        start.Environment["DOTNET_TieredPGO"] = "0"; // a process that lives for seconds never earns back what measuring itself costs
        return new NodeProcess(name, await network.StartAsync(name, start));
    }

    /// <summary>Wait until it serves as its n-th incarnation.</summary>
    public Task ServingAsync(int times, TimeSpan patience) => UntilAsync($"serve as incarnation {times}", () => Incarnations.Count >= times, patience);

    /// <summary>Wait until it has said a line with these words.</summary>
    public Task SaysAsync(string words, TimeSpan patience) =>
        UntilAsync($"say '{words}'", () => Lines.Any(line => line.Contains(words, StringComparison.OrdinalIgnoreCase)), patience);

    private async Task UntilAsync(string what, Func<bool> isSo, TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            Task change;
            lock (gate)
            {
                change = changed.Task;
            }

            var hasExited = process.HasExited; // before the look, so that its last words count
            if (isSo())
            {
                return;
            }

            if (hasExited || clock.Elapsed > patience)
            {
                throw new TimeoutException(
                    $"Node {Name} {(hasExited ? $"ended with exit code {process.ExitCode} and" : $"for {patience.TotalSeconds} s")} did not {what}; it said:\n{string.Join('\n', Lines)}");
            }

            await Task.WhenAny(change, process.WaitForExitAsync(), Task.Delay(patience));
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and wait for its end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StopAsync(TimeSpan patience)
    {
        Signal(Terminate);
        return ExitAsync(patience);
    }

    /// <summary>Wait for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        await process.WaitForExitAsync().WaitAsync(patience);
        return process.ExitCode;
    }

    /// <summary>SIGSTOP: it keeps its connections and does nothing.</summary>
    public void Freeze() => Signal(Stop);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal(Continue);

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        TaskCompletionSource told;
        lock (gate)
        {
            heard.Add(line);
            (told, changed) = (changed, NewPromise());
        }

        told.SetResult();
    }

    private void Signal(int signal)
    {
        if (SendSignal(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Node {Name} cannot be sent signal {signal}: has it ended?");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
