using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;

namespace FlowerPower.Actors.Transport;

/// <summary>A socket connection as a pipe, with TLS around it or not.</summary>
internal sealed class PeerConnection(ConnectionContext context) : IAsyncDisposable
{
    private SslStream? tls;

    public IDuplexPipe Pipe { get; private set; } = context.Transport;

    public string Remote => context.RemoteEndPoint?.ToString() ?? "an unknown address";

    /// <summary>Ends it at once: both loops see an end, whatever they wait for.</summary>
    public void Abort() => context.Abort(new ConnectionAbortedException("The connection was closed by this side."));

    public async Task DialTlsAsync(PeerTlsOptions options, string host, CancellationToken cancellationToken)
    {
        tls = await PeerTls.DialAsync(context.Transport, options, host, cancellationToken).ConfigureAwait(false);
        Pipe = PeerTls.PipeOf(tls);
    }

    public async Task AcceptTlsAsync(PeerTlsOptions options, CancellationToken cancellationToken)
    {
        tls = await PeerTls.AcceptAsync(context.Transport, options, cancellationToken).ConfigureAwait(false);
        Pipe = PeerTls.PipeOf(tls);
    }

    /// <summary>Sends what was flushed and closes. Nobody may read or write it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (tls is not null)
            {
                await Pipe.Input.CompleteAsync().ConfigureAwait(false);
                await Pipe.Output.CompleteAsync().ConfigureAwait(false);
                await tls.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // What was not sent is lost with the connection.
        }

        try
        {
            await context.Transport.Output.CompleteAsync().ConfigureAwait(false);
            await context.Transport.Input.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }
    }
}
