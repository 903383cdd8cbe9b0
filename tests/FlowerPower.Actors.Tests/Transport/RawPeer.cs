using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

/// <summary>The other end of a connection as bare bytes, to say what no good peer says.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket socket;
    private readonly PipeReader input;

    private RawPeer(Socket socket)
    {
        this.socket = socket;
        Stream = new NetworkStream(socket);
        input = PipeReader.Create(Stream, new StreamPipeReaderOptions(leaveOpen: true));
    }

    public NetworkStream Stream { get; }

    public static PeerTransportOptions Options { get; } = new()
    {
        ClusterId = "test",
        NodeId = "raw",
        Incarnation = 1,
        Roles = ["worker"],
        Secret = TestPeer.Secret,
        Types = TestTypes.All,
    };

    public static async Task<RawPeer> Connect(PeerAddress address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(address.Host), address.Port));
        return new RawPeer(socket);
    }

    /// <summary>Connects and shakes hands as a good peer does.</summary>
    public static async Task<RawPeer> Join(PeerAddress address, string node = "raw")
    {
        var raw = await Connect(address);
        var identity = new PeerIdentity(node, 1, Options.Roles, null);
        var pipe = new Duplex(raw.input, PipeWriter.Create(raw.Stream, new StreamPipeWriterOptions(leaveOpen: true)));
        await new Handshake(Options, identity, pipe, _ => null).DialAsync(null, CancellationToken.None).WaitAsync(Sim.Guard);
        return raw;
    }

    /// <summary>Listens for one connection, which is served as bare bytes.</summary>
    public static (PeerAddress Address, Task<RawPeer> Accepted) Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return (new PeerAddress("127.0.0.1", port), AcceptAsync());

        async Task<RawPeer> AcceptAsync()
        {
            using (listener)
            {
                return new RawPeer(await listener.AcceptSocketAsync());
            }
        }
    }

    public Task Send(params byte[] bytes) => Stream.WriteAsync(bytes).AsTask();

    public Task SendFrame(FrameKind kind, params byte[] body) => Send(FrameOf(kind, body));

    public static byte[] FrameOf(FrameKind kind, params byte[] body)
    {
        var frame = new byte[Frame.HeaderBytes + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length + 1);
        frame[Frame.LengthBytes] = (byte)kind;
        body.CopyTo(frame, Frame.HeaderBytes);
        return frame;
    }

    public static byte[] Heartbeat(long handled, long received)
    {
        var body = new byte[Frame.HeartbeatBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, handled);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), received);
        return FrameOf(FrameKind.Heartbeat, body);
    }

    /// <summary>A Tell as it is on the wire.</summary>
    public static byte[] Tell(string typeId, string json) =>
        FrameOf(FrameKind.Tell, [0, (byte)typeId.Length, .. System.Text.Encoding.ASCII.GetBytes(typeId), .. System.Text.Encoding.UTF8.GetBytes(json)]);

    /// <summary>The next frame, or <see langword="null"/> at the end of the connection.</summary>
    public async Task<(FrameKind Kind, byte[] Body)?> Next()
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync().AsTask().WaitAsync(Sim.Guard);
            }
            catch (IOException)
            {
                return null; // cut off hard
            }

            var rest = read.Buffer;
            if (Frame.TryCut(ref rest, int.MaxValue, out var kind, out var body))
            {
                var bytes = body.ToArray();
                input.AdvanceTo(rest.Start);
                return (kind, bytes);
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>Reads until the other side ends the connection.</summary>
    public async Task UntilEnd()
    {
        while (await Next() is not null)
        {
        }
    }

    /// <summary>Ends as a killed process with unread data does: with a reset.</summary>
    public void Kill()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
