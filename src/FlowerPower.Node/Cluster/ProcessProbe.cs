using System.Net;
using System.Net.Sockets;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Node.Cluster;

/// <summary>
/// Whether a process that was connected is certainly gone: its machine answers that nobody listens at its address any more. A machine that does
/// not answer at all proves nothing; then the end of the lease decides.
/// </summary>
internal static class ProcessProbe
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    /// <summary>Refused twice.</summary>
    public static async Task<bool> IsGoneAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!PeerAddress.TryParse(address, out var at))
        {
            return false;
        }

        if (!await IsRefusedAsync(at, time, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await Task.Delay(BetweenTries, time, cancellationToken).ConfigureAwait(false);
        return await IsRefusedAsync(at, time, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<bool> IsRefusedAsync(PeerAddress at, TimeProvider time, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            EndPoint end = IPAddress.TryParse(at.Host, out var ip) ? new IPEndPoint(ip, at.Port) : new DnsEndPoint(at.Host, at.Port);
            await socket.ConnectAsync(end, either.Token).ConfigureAwait(false);
            return false;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
