using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FlowerPower.Actors.Transport;

/// <summary>TLS between processes. It hides and guards what is said; who may take part is still decided by the secret.</summary>
public sealed class PeerTlsOptions
{
    /// <summary>What a process that listens shows, with its private key; mandatory to listen.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The authorities between the certificate and its root, which are shown with it; <see langword="null"/> for none.</summary>
    public X509Certificate2Collection? Intermediates { get; init; }

    /// <summary>Who may have signed the other side's certificate; <see langword="null"/> for those that the machine trusts.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>The name that the dialled certificate must bear; <see langword="null"/> for the host that was dialled.</summary>
    public string? TargetHost { get; init; }

    /// <summary>What is shown, put together once: nothing is looked up in the network for it.</summary>
    internal SslStreamCertificateContext Shown => shown ??= SslStreamCertificateContext.Create(Certificate!, Intermediates, offline: true);

    private SslStreamCertificateContext? shown;
}

/// <summary>Puts TLS around a connection's pipe.</summary>
internal static class PeerTls
{
    private const int RecordBytes = 16 * 1024;

    /// <exception cref="AuthenticationException">The other side's certificate is not trusted, or it speaks no TLS.</exception>
    public static async Task<SslStream> DialAsync(IDuplexPipe pipe, PeerTlsOptions options, string host, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new PipeStream(pipe));
        try
        {
            var client = new SslClientAuthenticationOptions { TargetHost = options.TargetHost ?? host };
            if (options.TrustedRoots is { } roots)
            {
                client.CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                client.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
            }

            await stream.AuthenticateAsClientAsync(client, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc cref="DialAsync"/>
    public static async Task<SslStream> AcceptAsync(IDuplexPipe pipe, PeerTlsOptions options, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new PipeStream(pipe));
        try
        {
            var server = new SslServerAuthenticationOptions { ServerCertificateContext = options.Shown };
            await stream.AuthenticateAsServerAsync(server, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static IDuplexPipe PipeOf(SslStream stream) => new Duplex(
        PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: RecordBytes, leaveOpen: true)),
        PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: RecordBytes, leaveOpen: true)));

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>A pipe as the stream that <see cref="SslStream"/> wants.</summary>
    private sealed class PipeStream(IDuplexPipe pipe) : Stream
    {
        private readonly Stream input = pipe.Input.AsStream(leaveOpen: true);
        private readonly Stream output = pipe.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var result = await pipe.Output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted || result.IsCanceled)
            {
                throw new IOException("The connection has ended.");
            }
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // each write is flushed

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
