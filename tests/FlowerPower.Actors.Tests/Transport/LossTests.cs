using FlowerPower.Actors.TestKit;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class LossTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_peer_that_is_killed_in_the_middle_of_a_message_is_lost_at_once()
    {
        await using var node = await TestPeer.Listen();
        var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();
        var asking = toRaw.Ask<Answer>(new Question(1), Second);
        await raw.Next(); // the question has arrived
        await raw.Send(RawPeer.Tell("test.note.v1", "{\"number\":1,\"text\":\"\"}"));
        await node.Next();
        await raw.Send(RawPeer.Tell("test.note.v1", "{\"number\":2}")[..10]);

        raw.Kill();

        var (peer, loss) = await node.NextLoss();
        Assert.Same(toRaw, peer);
        Assert.Equal(PeerLossReason.Closed, loss.Reason);
        var error = await Assert.ThrowsAsync<PeerLostException>(() => asking.WaitAsync(Sim.Guard));
        Assert.True(error.MayHaveArrived);
        Assert.Contains("ask again with the same request id", error.Message);
        Assert.False(node.HasMessage);
        Assert.Empty(node.Transport.Peers);
        Assert.Equal(loss, await toRaw.WhenLost);
    }

    [Fact]
    public async Task What_was_told_and_not_confirmed_is_reported_when_the_peer_is_lost()
    {
        await using var node = await TestPeer.Listen();
        var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();
        for (var i = 0; i < 3; i++)
        {
            toRaw.Tell(new Note(i));
            await raw.Next();
        }

        await raw.Send(RawPeer.Heartbeat(handled: 1, received: 100));
        await raw.Send(RawPeer.Tell("test.note.v1", "{\"number\":9,\"text\":\"\"}"));
        await node.Next(); // so the confirmation before it has been read
        raw.Kill();
        await node.NextLoss();

        Assert.Equal((DropReason.Unconfirmed, new Note(1)), await Short(node.NextDrop()));
        Assert.Equal((DropReason.Unconfirmed, new Note(2)), await Short(node.NextDrop()));
        Assert.False(node.HasDrop);
    }

    [Fact]
    public async Task After_a_loss_nothing_is_sent_and_everything_is_said()
    {
        await using var node = await TestPeer.Listen();
        var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();
        raw.Kill();
        await node.NextLoss();

        Assert.False(toRaw.Tell(new Note(1)));
        var error = await Assert.ThrowsAsync<PeerLostException>(() => toRaw.Ask<Answer>(new Question(1), Second));

        Assert.Equal((DropReason.PeerLost, new Note(1)), await Short(node.NextDrop()));
        Assert.False(error.MayHaveArrived);
        Assert.Contains("The message was not sent: ask again.", error.Message);
    }

    [Fact]
    public async Task A_silent_peer_is_cut_after_the_time_out_and_not_before()
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);
        await node.NextUp();

        node.Time.Advance(4.9 * Second);
        Assert.False(node.HasLoss);
        var (_, loss) = await node.AdvanceUntil(node.NextLoss(), Second);

        Assert.Equal(PeerLossReason.Silent, loss.Reason);
        Assert.Equal("Nothing came from it for 5 s.", loss.Detail);
        Assert.Equal(1, node.Transport.Lost.Count(PeerLossReason.Silent));
        await raw.UntilEnd();
    }

    [Fact]
    public async Task Heartbeats_alone_keep_a_connection()
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);
        await node.NextUp();

        for (var i = 0; i < 20; i++)
        {
            await raw.Send([.. RawPeer.Heartbeat(0, 0), .. RawPeer.Tell("test.note.v1", "{\"number\":1,\"text\":\"\"}")]);
            await node.Next();
            node.Time.Advance(2 * Second);
            Assert.Equal(FrameKind.Heartbeat, (await raw.Next())!.Value.Kind);
        }

        Assert.False(node.HasLoss);
        raw.Kill();
    }

    [Fact]
    public async Task A_handler_that_takes_its_time_is_not_the_peers_silence()
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);
        await node.NextUp();
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        node.OnMessage = async _ =>
        {
            entered.SetResult();
            await leave.Task;
        };
        await raw.Send(RawPeer.Tell("test.note.v1", "{\"number\":1,\"text\":\"\"}"));
        await entered.Task.WaitAsync(Sim.Guard);

        for (var i = 0; i < 60; i++)
        {
            node.Time.Advance(Second);
        }

        Assert.False(node.HasLoss);
        leave.SetResult();
        var (_, loss) = await node.AdvanceUntil(node.NextLoss(), Second); // and from then on it is
        Assert.Equal(PeerLossReason.Silent, loss.Reason);
    }

    [Fact]
    public async Task After_a_pause_of_its_own_a_process_does_not_take_the_others_for_dead()
    {
        var time = new StoppedProcessTime();
        await using var node = await TestPeer.Listen(change: o => o with { Time = time });
        using var raw = await RawPeer.Join(node.Address);
        await node.NextUp();
        await raw.Send(RawPeer.Tell("test.note.v1", "{\"number\":1,\"text\":\"\"}"));
        await node.Next();

        time.Stop(TimeSpan.FromMinutes(1)); // no timer ran meanwhile
        time.Manual.Advance(Second);

        Assert.False(node.HasLoss);
        raw.Kill();
        Assert.Equal(PeerLossReason.Closed, (await node.NextLoss()).Loss.Reason);
    }

    [Theory]
    [InlineData(FrameBreak.Oversize, "a frame of 1,048,577 bytes")]
    [InlineData(FrameBreak.Empty, "a frame of 0 bytes")]
    [InlineData(FrameBreak.UnknownKind, "a frame of kind 77")]
    [InlineData(FrameBreak.HandshakeAgain, "a frame of kind 1")]
    [InlineData(FrameBreak.ShortHeartbeat, "a heartbeat that is too short")]
    [InlineData(FrameBreak.ShortHead, "ends in its own head")]
    [InlineData(FrameBreak.ConfirmsTooMuch, "a confirmation of messages that it was not sent")]
    public async Task A_peer_that_breaks_the_protocol_is_cut_off(FrameBreak how, string detail)
    {
        await using var node = await TestPeer.Listen(change: o => o with { MaxFrameBytes = 1024 * 1024 });
        using var raw = await RawPeer.Join(node.Address);
        await node.NextUp();

        await raw.Send(how switch
        {
            FrameBreak.Oversize => BitConverter.GetBytes((1024 * 1024) + 1),
            FrameBreak.Empty => [0, 0, 0, 0],
            FrameBreak.UnknownKind => RawPeer.FrameOf((FrameKind)77),
            FrameBreak.HandshakeAgain => RawPeer.FrameOf(FrameKind.Handshake, (byte)'{', (byte)'}'),
            FrameBreak.ShortHeartbeat => RawPeer.FrameOf(FrameKind.Heartbeat, 1, 2, 3),
            FrameBreak.ShortHead => RawPeer.FrameOf(FrameKind.Tell, 0, 200, 65),
            _ => RawPeer.Heartbeat(handled: 1, received: 0),
        });
        await raw.UntilEnd();

        var (_, loss) = await node.NextLoss();
        Assert.Equal(PeerLossReason.ProtocolError, loss.Reason);
        Assert.Contains(detail, loss.Detail);
    }

    [Fact]
    public async Task A_goodbye_delivers_what_was_told_before_and_leaves_no_doubt()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        for (var i = 0; i < 5000; i++)
        {
            toNode.Tell(new Note(i));
        }

        await toNode.CloseAsync().WaitAsync(Sim.Guard);

        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal(new Note(i), (await node.Next()).Message);
        }

        Assert.Equal(PeerLossReason.Left, (await node.NextLoss()).Loss.Reason);
        Assert.Equal(PeerLossReason.ClosedHere, (await client.NextLoss()).Loss.Reason);
        Assert.Equal(0, client.Transport.Dropped.Total);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_a_goodbye_is_left_after_the_close_time_out()
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();

        var closing = toRaw.CloseAsync();
        node.Time.Advance(1.9 * Second);
        Assert.False(closing.IsCompleted);
        node.Time.Advance(0.1 * Second);

        await closing.WaitAsync(Sim.Guard);
        Assert.Equal(PeerLossReason.ClosedHere, (await node.NextLoss()).Loss.Reason);
    }

    [Fact]
    public async Task A_transport_that_stops_takes_nobody_in()
    {
        var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        await client.Dial(node);

        await node.DisposeAsync();

        Assert.Equal(PeerLossReason.Left, (await client.NextLoss()).Loss.Reason);
        await Assert.ThrowsAsync<PeerUnreachableException>(() => client.Dial(node));
        Assert.Throws<ObjectDisposedException>(() => node.Transport.Link(client.Transport.Self.Address ?? new("127.0.0.1", 1)));
    }

    private static async Task<(DropReason, object?)> Short(Task<DroppedMessage> dropped) => ((await dropped).Reason, (await dropped).Message);

    /// <summary>The clock of a process that was stopped: its timers know nothing of the time that has passed.</summary>
    private sealed class StoppedProcessTime : TimeProvider
    {
        private long stopped;

        public ManualTime Manual { get; } = new();

        public override long TimestampFrequency => Manual.TimestampFrequency;

        public void Stop(TimeSpan length) => Interlocked.Add(ref stopped, length.Ticks);

        public override long GetTimestamp() => Manual.GetTimestamp() + Interlocked.Read(ref stopped);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Manual.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>A way to break the protocol.</summary>
    public enum FrameBreak
    {
        Oversize = 1,
        Empty = 2,
        UnknownKind = 3,
        HandshakeAgain = 4,
        ShortHeartbeat = 5,
        ShortHead = 6,
        ConfirmsTooMuch = 7,
    }
}
