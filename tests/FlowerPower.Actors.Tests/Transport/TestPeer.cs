using System.Threading.Channels;
using FlowerPower.Actors.TestKit;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

/// <summary>A process' transport with a handler that notes everything, on a clock that stands still.</summary>
internal sealed class TestPeer : ITransportHandler, IAsyncDisposable
{
    public const string Secret = "correct horse battery staple";

    private readonly Channel<Peer> ups = Channel.CreateUnbounded<Peer>();
    private readonly Channel<(Peer Peer, PeerLoss Loss)> losses = Channel.CreateUnbounded<(Peer, PeerLoss)>();
    private readonly Channel<Inbound> inbox = Channel.CreateUnbounded<Inbound>();
    private readonly Channel<DroppedMessage> drops = Channel.CreateUnbounded<DroppedMessage>();
    private readonly Channel<RefusedHandshake> refusals = Channel.CreateUnbounded<RefusedHandshake>();

    public ManualTime Time { get; private init; } = new();

    public PeerTransport Transport { get; private set; } = null!;

    public PeerAddress Address => Transport.Self.Address!.Value;

    /// <summary>What is done with each message; by default it is noted, and a question is answered with its number.</summary>
    public Func<Inbound, ValueTask>? OnMessage { get; set; }

    public static Task<TestPeer> Listen(string node = "n1", long incarnation = 1, Func<PeerTransportOptions, PeerTransportOptions>? change = null) =>
        Start(node, incarnation, new PeerAddress("127.0.0.1", 0), ["queue"], null, change);

    public static Task<TestPeer> Client(string node = "c1", long incarnation = 1, Func<PeerTransportOptions, PeerTransportOptions>? change = null) =>
        Start(node, incarnation, null, [PeerIdentity.ClientRole], null, change);

    public static async Task<TestPeer> Start(
        string node, long incarnation, PeerAddress? listen, string[] roles, ManualTime? time, Func<PeerTransportOptions, PeerTransportOptions>? change)
    {
        var peer = new TestPeer { Time = time ?? new() };
        var options = new PeerTransportOptions
        {
            ClusterId = "test",
            NodeId = node,
            Incarnation = incarnation,
            Roles = roles,
            Listen = listen,
            Secret = Secret,
            Types = TestTypes.All,
            Time = peer.Time,
            Jitter = () => 0.999,
        };
        peer.Transport = await PeerTransport.StartAsync(change?.Invoke(options) ?? options, peer);
        return peer;
    }

    public static async Task<T> Within<T>(ValueTask<T> wait, string what)
    {
        try
        {
            return await wait.AsTask().WaitAsync(Sim.Guard);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Within {Sim.Guard}: {what}.");
        }
    }

    /// <summary>Moves the clock, step by step, until something has happened that waits for it.</summary>
    public async Task<T> AdvanceUntil<T>(Task<T> happened, TimeSpan step)
    {
        var guard = Task.Delay(Sim.Guard, TimeProvider.System);
        while (!happened.IsCompleted)
        {
            Time.Advance(step);
            await Task.Yield();
            Assert.False(guard.IsCompleted, "The clock was moved, and nothing happened.");
        }

        return await happened;
    }

    public Task<Peer> Dial(TestPeer other, string? expected = null) => Transport.DialAsync(other.Address, expected).WaitAsync(Sim.Guard);

    public Task<Peer> NextUp() => Within(ups.Reader.ReadAsync(), "a peer comes up");

    public Task<(Peer Peer, PeerLoss Loss)> NextLoss() => Within(losses.Reader.ReadAsync(), "a peer is lost");

    public Task<Inbound> Next() => Within(inbox.Reader.ReadAsync(), "a message comes");

    public Task<DroppedMessage> NextDrop() => Within(drops.Reader.ReadAsync(), "a message is dropped");

    public Task<RefusedHandshake> NextRefusal() => Within(refusals.Reader.ReadAsync(), "a handshake is refused");

    public bool HasMessage => inbox.Reader.TryPeek(out _);

    public bool HasLoss => losses.Reader.TryPeek(out _);

    public bool HasDrop => drops.Reader.TryPeek(out _);

    void ITransportHandler.PeerUp(Peer peer) => ups.Writer.TryWrite(peer);

    ValueTask ITransportHandler.ReceiveAsync(Inbound message)
    {
        if (OnMessage is { } handle)
        {
            return handle(message);
        }

        inbox.Writer.TryWrite(message);
        if (message.Message is Question question)
        {
            message.Reply(new Answer(question.Number));
        }

        return default;
    }

    void ITransportHandler.PeerLost(Peer peer, PeerLoss loss) => losses.Writer.TryWrite((peer, loss));

    void ITransportHandler.Dropped(DroppedMessage message) => drops.Writer.TryWrite(message);

    void ITransportHandler.Refused(RefusedHandshake handshake) => refusals.Writer.TryWrite(handshake);

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
