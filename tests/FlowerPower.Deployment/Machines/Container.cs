using System.Diagnostics;
using System.Runtime.InteropServices;
using FlowerPower.Deployment.Files;
using FlowerPower.TestServers;

namespace FlowerPower.Deployment.Machines;

/// <summary>A process that sees a machine of its own: root folder, user, environment, mounts and network as its specification has them.</summary>
internal sealed class Container : IDisposable
{
    /// <summary>What waits for an event may wait so long before it has failed; it is never slept through.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    public const int Interrupt = 2;
    public const int Terminate = 15;

    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Machines", "container.sh");

    private readonly ContainerSpec spec;
    private readonly Process process;
    private readonly string root;
    private readonly HeardLines heard;

    private Container(string machine, ContainerSpec spec, Process process, string root)
    {
        Machine = machine;
        this.spec = spec;
        this.process = process;
        this.root = root;
        heard = HeardLines.Of(process);
    }

    public string Machine { get; }

    /// <summary>Everything that it has said.</summary>
    public string Log => string.Join('\n', heard.All);

    public bool HasExited => process.HasExited;

    public static async Task<Container> StartAsync(Network network, string machine, ContainerSpec spec)
    {
        var root = Directory.CreateTempSubdirectory("fp-root-").FullName;
        var start = new ProcessStartInfo("bash", [Script, .. spec.Command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in await SettingsAsync(spec, root))
        {
            start.Environment[name] = value;
        }

        return new Container(machine, spec, await network.StartAsync(machine, start), root);
    }

    /// <summary>Runs a command where the container runs, as <c>docker exec</c> does, to its end.</summary>
    public async Task<(int ExitCode, string Out, string Error)> ExecAsync(params string[] command)
    {
        string[] words =
        [
            "--target", $"{process.Id}", "--mount", "--net", "--root", "--",
            "/usr/bin/setpriv", "--reuid", spec.User, "--regid", spec.User, "--clear-groups", "--no-new-privs",
            "/usr/bin/env", "-i", "-C", spec.WorkFolder, .. spec.Environment.Select(pair => $"{pair.Key}={pair.Value}"), .. command,
        ];
        using var run = Process.Start(new ProcessStartInfo("nsenter", words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = run.StandardError.ReadToEndAsync();
        var output = await run.StandardOutput.ReadToEndAsync().WaitAsync(Bound);
        await run.WaitForExitAsync();
        return (run.ExitCode, output, await error);
    }

    /// <summary>The next line that holds these words.</summary>
    public Task<string> LineAsync(string words) => heard.NextAsync(words, Bound, Machine);

    public void Signal(int signal) => Assert.Equal(0, SendSignal(process.Id, signal));

    /// <summary>Waits for its end, for as long as whoever stops it would.</summary>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        try
        {
            await process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{Machine} did not end within {patience.TotalSeconds:0} s. It said:\n{Log}");
        }

        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
        Directory.Delete(root); // empty: what was in it was mounted, and is gone with the process
    }

    private static async Task<Dictionary<string, string>> SettingsAsync(ContainerSpec spec, string root) => new()
    {
        ["ROOT"] = root,
        ["BASE_DOTNET"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        ["APP"] = await PublishedTool.FolderAsync(),
        ["EXAMPLE"] = Repository.PathOf("docs/examples/hello"),
        ["RUN"] = spec.Run,
        ["MOUNTS"] = string.Join('\n', spec.Mounts.Select(mount => $"{mount.Target}|{mount.Source}|{mount.Options}")),
        ["READ_ONLY"] = spec.IsReadOnly ? "true" : "false",
        ["RUN_AS"] = spec.User,
        ["WORK_FOLDER"] = spec.WorkFolder,
        ["ENVIRONMENT"] = string.Join('\n', spec.Environment.Select(pair => $"{pair.Key}={pair.Value}")),
    };

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
