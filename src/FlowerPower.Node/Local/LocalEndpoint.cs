using System.Net.Sockets;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>Lets other processes of the same user and machine ask a node: a Unix socket that only its owner may open.</summary>
public sealed class LocalEndpoint : IAsyncDisposable
{
    private const int Backlog = 128;

    private readonly string path;
    private readonly Socket listener;
    private readonly LocalService service;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly HashSet<Task> connections = [];
    private readonly Task accepting;

    private LocalEndpoint(string path, Socket listener, LocalService service, Action<string> warn, TimeProvider time)
    {
        this.path = path;
        this.listener = listener;
        this.service = service;
        accepting = new AcceptLoop(listener.AcceptAsync, Serve, warn, time).RunAsync(stopping.Token);
    }

    /// <summary>Begins to listen. The caller holds the store, so a socket that lies there already is a dead process's.</summary>
    /// <param name="queue">Who answers.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="requestStop">Called when a client asks the node to stop; it must not wait for this endpoint.</param>
    /// <param name="warn">Told what operators should know; <see langword="null"/>: nobody is. It must not throw.</param>
    /// <param name="time">The clock; <see langword="null"/>: the system's.</param>
    /// <exception cref="SocketException">The socket cannot be made.</exception>
    public static LocalEndpoint Start(
        string path, IJobQueue queue, string node, Action requestStop, Action<string>? warn = null, TimeProvider? time = null)
    {
        warn ??= _ => { };
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using (var reachable = ReachablePath.To(path))
            {
                listener.Bind(reachable.EndPoint);
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        return new LocalEndpoint(path, listener, new LocalService(queue, node, requestStop, warn), warn, time ?? TimeProvider.System);
    }

    /// <summary>Ends all connections, also those whose clients do not read their answers, and takes the socket away.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        await accepting.ConfigureAwait(false);
        Task[] open;
        lock (gate)
        {
            open = [.. connections];
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        stopping.Dispose();
        File.Delete(path);
    }

    private void Serve(Socket socket)
    {
        var connection = service.ServeAsync(socket, stopping.Token);
        lock (gate)
        {
            connections.Add(connection);
        }

        _ = connection.ContinueWith(Forget, TaskScheduler.Default);
    }

    private void Forget(Task connection)
    {
        lock (gate)
        {
            connections.Remove(connection);
        }
    }
}
