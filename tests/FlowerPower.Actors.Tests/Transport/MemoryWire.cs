using System.IO.Pipelines;
using FlowerPower.Actors.Transport;
using Microsoft.AspNetCore.Connections;

namespace FlowerPower.Actors.Tests.Transport;

/// <summary>A connection in memory that holds a known number of bytes, with a test at its other end.</summary>
internal sealed class MemoryWire : IDisposable
{
    private readonly Pipe inbound = new();
    private readonly Pipe outbound;

    public MemoryWire(int holds) =>
        outbound = new Pipe(new PipeOptions(pauseWriterThreshold: holds, resumeWriterThreshold: holds / 2));

    /// <summary>Becomes a peer of the transport, as if it had shaken hands.</summary>
    public Peer Join(PeerTransport transport)
    {
        var context = new Context { Transport = new Duplex(inbound.Reader, outbound.Writer) };
        var agreement = new Agreement(new PeerIdentity("memory", 1, ["worker"], null), Handshake.Protocol, 1024 * 1024);
        return transport.Add(new PeerConnection(context), agreement, wasDialled: false);
    }

    /// <summary>The kind of the next frame that was sent to it.</summary>
    public async Task<FrameKind> Next()
    {
        while (true)
        {
            var read = await outbound.Reader.ReadAsync().AsTask().WaitAsync(Sim.Guard);
            var rest = read.Buffer;
            if (Frame.TryCut(ref rest, int.MaxValue, out var kind, out _))
            {
                outbound.Reader.AdvanceTo(rest.Start);
                return kind;
            }

            Assert.False(read.IsCompleted, "The connection ended.");
            outbound.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public void Dispose()
    {
        inbound.Writer.Complete();
        outbound.Reader.Complete();
    }

    /// <summary>Aborted by the test's own end: the default would cancel a source on another thread that may be disposed by then.</summary>
    private sealed class Context : DefaultConnectionContext
    {
        public override void Abort(ConnectionAbortedException abortReason)
        {
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
