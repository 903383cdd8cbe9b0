using System.Globalization;
using System.Text;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>Where the node that holds a project's store listens on its machine: a Unix socket in the project's state folder.</summary>
public static class LocalAddress
{
    // The kernel's limit is 108 bytes with its end mark (unix(7)); macOS has 104.
    private const int MaxSocketPath = 100;

    /// <summary>The socket's path; the same for everybody who computes it on this machine, whatever their environment.</summary>
    /// <remarks>
    /// It is in the state folder however long that folder's path is; <see cref="ReachablePath"/> makes it short enough for the kernel. Only
    /// Windows, where links need a privilege, has it in the user's own temporary folder then, named by the folder's hash.
    /// </remarks>
    public static string SocketPath(string stateFolder)
    {
        var path = Path.Combine(Path.GetFullPath(stateFolder), "node.sock");
        if (!OperatingSystem.IsWindows() || Fits(path))
        {
            return path;
        }

        var hash = ShardKey.Fnv1a(path).ToString("x16", CultureInfo.InvariantCulture);
        return Path.Combine(Path.GetTempPath(), $"flowerpower-{hash}.sock");
    }

    /// <summary>Does the kernel take this path for a socket?</summary>
    internal static bool Fits(string path) => Encoding.UTF8.GetByteCount(path) <= MaxSocketPath;
}
