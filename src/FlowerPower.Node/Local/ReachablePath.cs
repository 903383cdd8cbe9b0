using System.Net.Sockets;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>
/// A path to a socket that the kernel takes, however deep the socket lies: through a link to its folder, from a folder of random name that
/// only this user may open. It is needed while somebody binds or connects; the socket itself stays where it is.
/// </summary>
/// <remarks>A socket of predictable name in the shared temporary folder instead could be put there first by any other user.</remarks>
internal sealed class ReachablePath : IDisposable
{
    private const string LinkName = "s";

    private readonly string? folder;

    private ReachablePath(string path, string? folder)
    {
        this.folder = folder;
        EndPoint = new UnixDomainSocketEndPoint(path);
    }

    /// <summary>The socket, to bind or to connect to until <see cref="Dispose"/>.</summary>
    public UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>Where the link is; <see langword="null"/> if the path needs none.</summary>
    internal string? Folder => folder;

    /// <summary>A way to the socket of this path. Its folder must exist.</summary>
    /// <exception cref="QueueUnavailableException">The temporary folder's path is too long as well; the message says what to do.</exception>
    /// <exception cref="IOException">The link cannot be made.</exception>
    public static ReachablePath To(string socket)
    {
        if (LocalAddress.Fits(socket))
        {
            return new ReachablePath(socket, null);
        }

        var folder = Directory.CreateTempSubdirectory("fp-").FullName; // mkdtemp(3): mode 0700
        try
        {
            var link = Path.Combine(folder, LinkName);
            var path = Path.Combine(link, Path.GetFileName(socket));
            if (!LocalAddress.Fits(path))
            {
                throw new QueueUnavailableException(
                    $"The paths of {Path.GetDirectoryName(socket)} and of the temporary folder are both too long for a socket: "
                    + "set TMPDIR to a shorter one, or move the project.");
            }

            Directory.CreateSymbolicLink(link, Path.GetDirectoryName(socket)!);
            return new ReachablePath(path, folder);
        }
        catch
        {
            Remove(folder);
            throw;
        }
    }

    /// <summary>Takes the link away; never what it leads to.</summary>
    public void Dispose()
    {
        if (folder is not null)
        {
            Remove(folder);
        }
    }

    private static void Remove(string folder)
    {
        File.Delete(Path.Combine(folder, LinkName));
        Directory.Delete(folder);
    }
}
