using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FlowerPower.Actors.Transport;

/// <summary>Takes connections and shakes hands with whoever dialled.</summary>
internal sealed class Listener(PeerTransport transport, IConnectionListener socket)
{
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly PeerTransportOptions options = transport.Options;
    private readonly CancellationTokenSource stop = new();
    private int handshakes;
    private Task accepting = Task.CompletedTask;

    /// <exception cref="ArgumentException">It is beyond loopback, and there is no secret, or no address that others reach.</exception>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<IConnectionListener> BindAsync(PeerTransportOptions options, PeerAddress address, CancellationToken cancellationToken)
    {
        var endpoint = await ResolveAsync(address, cancellationToken).ConfigureAwait(false);
        if (options.Secret is null && !IPAddress.IsLoopback(endpoint.Address))
        {
            throw new ArgumentException(
                $"The transport would listen on {address}, beyond loopback, without a secret: give all nodes of the cluster the same secret, or listen on 127.0.0.1.",
                nameof(options));
        }

        if (options.Advertise is null && (endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any)))
        {
            throw new ArgumentException(
                $"The transport would listen on {address}, which is no address that others can dial: say which one they reach it at (Advertise).", nameof(options));
        }

        if (options.Tls is { Certificate: not { HasPrivateKey: true } })
        {
            throw new ArgumentException(
                "The transport would listen with TLS and without a certificate and its private key: give it both.", nameof(options));
        }

        var factory = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = true }), NullLoggerFactory.Instance);
        try
        {
            return await factory.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or AddressInUseException)
        {
            throw new IOException($"The transport cannot listen on {address}: {error.Message}. Choose another port, or end what uses it.", error);
        }
    }

    /// <summary>Where others reach it.</summary>
    public static PeerAddress? AddressOf(PeerTransportOptions options, IConnectionListener? socket)
    {
        if (socket?.EndPoint is not IPEndPoint bound)
        {
            return null;
        }

        var address = options.Advertise ?? new PeerAddress(bound.Address.ToString(), bound.Port);
        return address.Port == 0 ? address with { Port = bound.Port } : address;
    }

    public void Start()
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            accepting = Task.Run(AcceptAllAsync);
        }
    }

    /// <summary>Takes no more, and gives up handshakes that are not done.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await socket.UnbindAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        await socket.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<IPEndPoint> ResolveAsync(PeerAddress address, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(address.Host, out var ip))
        {
            return new IPEndPoint(ip, address.Port);
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(address.Host ?? "", cancellationToken).ConfigureAwait(false);
            return new IPEndPoint(found.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First(), address.Port);
        }
        catch (Exception error) when (error is SocketException or ArgumentException or InvalidOperationException)
        {
            throw new IOException($"The transport cannot listen on {address}: the host has no address. Use an IP address of this machine.", error);
        }
    }

    private async Task AcceptAllAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await socket.AcceptAsync(stop.Token).ConfigureAwait(false) is not { } context)
                {
                    return;
                }

                _ = ServeAsync(new PeerConnection(context));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception error)
            {
                // As a rule the process is out of files: it is the same the next moment, and the moment after.
                transport.OnRefused(HandshakeRefusal.Busy, "unknown", $"No connection can be taken: {error.Message}");
                await PauseAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(PauseAfterError, options.Time, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by its own condition.
        }
    }

    private async Task ServeAsync(PeerConnection connection)
    {
        var isPeer = false;
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop.Token);
        using var abort = end.Token.UnsafeRegister(static c => ((PeerConnection)c!).Abort(), connection);
        try
        {
            if (Interlocked.Increment(ref handshakes) > options.MaxHandshakes)
            {
                Refuse(HandshakeRefusal.Busy, $"{options.MaxHandshakes} handshakes are going on already");
                return;
            }

            if (options.Tls is { } tls)
            {
                await connection.AcceptTlsAsync(tls, end.Token).ConfigureAwait(false);
            }

            var agreement = await new Handshake(options, transport.Self, connection.Pipe, transport.Admit).AcceptAsync(end.Token).ConfigureAwait(false);
            if (!abort.Unregister())
            {
                end.Token.ThrowIfCancellationRequested(); // the deadline has cut the connection already
            }

            transport.Add(connection, agreement, wasDialled: false);
            isPeer = true;
        }
        catch (HandshakeRefusedException refusal)
        {
            Refuse(refusal.Reason, refusal.Message);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            Refuse(HandshakeRefusal.Stopping, "this process stopped during the handshake");
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            Refuse(HandshakeRefusal.TimedOut, $"the handshake was not done within {options.HandshakeTimeout.TotalSeconds:0.###} s");
        }
        catch (AuthenticationException error)
        {
            Refuse(HandshakeRefusal.Tls, error.Message);
        }
        catch (Exception error)
        {
            Refuse(HandshakeRefusal.Closed, error.Message);
        }
        finally
        {
            Interlocked.Decrement(ref handshakes);
            if (!isPeer)
            {
                await DisposeAsync(connection).ConfigureAwait(false);
            }
        }

        void Refuse(HandshakeRefusal reason, string detail) => transport.OnRefused(reason, connection.Remote, detail);
    }

    private static async Task DisposeAsync(PeerConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is gone, one way or the other.
        }
    }
}
