using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowerPower.Actors.Transport;

/// <summary>Connects to others and shakes hands with them.</summary>
internal sealed class Dialler(PeerTransport transport)
{
    private readonly PeerTransportOptions options = transport.Options;
    private readonly SocketConnectionContextFactory contexts = new(
        new SocketConnectionFactoryOptions { UnsafePreferInlineScheduling = true }, NullLogger.Instance);

    /// <inheritdoc cref="PeerTransport.DialAsync"/>
    public async Task<Peer> DialAsync(PeerAddress address, string? expected, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(address, cancellationToken).ConfigureAwait(false);
        try
        {
            var agreement = await ShakeAsync(connection, address, expected, cancellationToken).ConfigureAwait(false);
            return transport.Add(connection, agreement, wasDialled: true);
        }
        catch (Exception error)
        {
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
            if (error is HandshakeRefusedException refusal)
            {
                transport.OnRefused(refusal.Reason, address.ToString(), refusal.Message);
            }

            throw;
        }
    }

    private async Task<PeerConnection> ConnectAsync(PeerAddress address, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.ToEndPoint(), end.Token).ConfigureAwait(false);
            return new PeerConnection(Create(socket));
        }
        catch (Exception error)
        {
            socket.Dispose();
            if (error is SocketException)
            {
                throw new PeerUnreachableException($"{address} cannot be reached: {error.Message}. Look whether the node runs and listens there.", error);
            }

            if (error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new PeerUnreachableException(
                    $"{address} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s: look at the address and the network.", error);
            }

            throw;
        }
    }

    private ConnectionContext Create(Socket socket)
    {
        // The connection's own loops must not carry the dialling caller's context for their whole life.
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            return contexts.Create(socket);
        }
    }

    private async Task<Agreement> ShakeAsync(PeerConnection connection, PeerAddress address, string? expected, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (options.Tls is { } tls)
            {
                await connection.DialTlsAsync(tls, address.Host, end.Token).ConfigureAwait(false);
            }

            return await new Handshake(options, transport.Self, connection.Pipe, transport.Admit).DialAsync(expected, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Refusal(HandshakeRefusal.TimedOut, $"{address} did not finish the handshake within {options.HandshakeTimeout.TotalSeconds:0.###} s", error);
        }
        catch (AuthenticationException error)
        {
            throw Refusal(HandshakeRefusal.Tls, $"{address} has not shown a certificate that this side trusts ({error.Message})", error);
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException)
        {
            throw Refusal(HandshakeRefusal.Closed, $"{address} closed the connection in the handshake", error);
        }
    }

    private static HandshakeRefusedException Refusal(HandshakeRefusal reason, string detail, Exception inner) =>
        new(reason, $"{reason}: {detail}: {HandshakeRules.Remedy(reason)}.", inner);
}
