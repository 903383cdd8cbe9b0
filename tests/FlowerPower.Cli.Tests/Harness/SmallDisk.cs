using System.Diagnostics;
using System.Globalization;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>A disk of one megabyte that holds a project's state folder. Only processes that are started on it see it, and it ends with the test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int MayAdminister = 21; // CAP_SYS_ADMIN's bit

    private readonly Process keeper;
    private readonly string folder;

    private SmallDisk(Process keeper, string folder)
    {
        this.keeper = keeper;
        this.folder = folder;
    }

    /// <summary>Mounts it; who may not mount disks does so as the root of a user namespace.</summary>
    /// <exception cref="InvalidOperationException">The machine allows neither; the message says what would.</exception>
    public static async Task<SmallDisk> MountAsync(TempProject project)
    {
        var folder = Path.Combine(project.Root, ".flowerpower");
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo("unshare") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] space = MayMount ? ["-m"] : ["-U", "-r", "-m"];
        foreach (var word in (string[])[.. space, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs \"$1\" && echo mounted && exec cat", "sh", folder])
        {
            start.ArgumentList.Add(word);
        }

        var keeper = Process.Start(start)!;
        return await keeper.StandardOutput.ReadLineAsync().WaitAsync(Tool.Bound) == "mounted"
            ? new SmallDisk(keeper, folder)
            : throw new InvalidOperationException(
                "A full disk cannot be tried here: run the tests as root, allow user namespaces (kernel.unprivileged_userns_clone=1), or start the "
                + $"container with --cap-add SYS_ADMIN. unshare said: {await keeper.StandardError.ReadToEndAsync().WaitAsync(Tool.Bound)}");
    }

    /// <summary>The words before a command line that runs it where the disk is.</summary>
    public IReadOnlyList<string> Prefix =>
    [
        "nsenter", "-t", keeper.Id.ToString(CultureInfo.InvariantCulture), .. (string[])(MayMount ? ["-m"] : ["-U", "--preserve-credentials", "-m"]),
        $"--wd={Path.GetDirectoryName(folder)}",
    ];

    public Task FillAsync() => RunAsync($"dd if=/dev/zero of={folder}/filler bs=4k 2>/dev/null; test $(df --output=avail {folder} | tail -1) = 0");

    public Task MakeRoomAsync() => RunAsync($"rm {folder}/filler");

    public void Dispose()
    {
        keeper.StandardInput.Close(); // it ends, and the disk with it
        keeper.WaitForExit();
        keeper.Dispose();
    }

    private static bool MayMount { get; } =
        File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is { } line
        && (long.Parse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> MayAdminister & 1) == 1;

    private async Task RunAsync(string script)
    {
        using var shell = Process.Start(Prefix[0], [.. Prefix.Skip(1), "sh", "-c", script]);
        await shell.WaitForExitAsync().WaitAsync(Tool.Bound);
        Assert.Equal(0, shell.ExitCode);
    }
}
