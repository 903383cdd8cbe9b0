using System.Net.Sockets;
using System.Text;

namespace FlowerPower.Cli.Running;

/// <summary>Tells systemd how the process is, by the socket that it names in <c>NOTIFY_SOCKET</c> (sd_notify). Without one nothing is told.</summary>
internal sealed class ServiceManager(string? socketPath)
{
    /// <summary>The one that started this process, if there is one.</summary>
    public static ServiceManager OfThisProcess { get; } = new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>The process does its work now.</summary>
    /// <param name="status">For people: what <c>systemctl status</c> shows.</param>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    /// <summary>The process has begun to stop.</summary>
    /// <inheritdoc cref="Ready"/>
    public void Stopping(string status) => Tell($"STOPPING=1\nSTATUS={status}");

    private void Tell(string words)
    {
        if (string.IsNullOrEmpty(socketPath))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath[0] == '@' ? $"\0{socketPath[1..]}" : socketPath)); // @: a name without a file
            socket.Send(Encoding.UTF8.GetBytes(words));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            // Whoever started it does not listen: that must not end a node that serves.
        }
    }
}
