using System.Diagnostics.Metrics;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class BackPressureTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string Bulk = new('x', 10_000);

    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_and_counted_and_every_message_is_accounted_for()
    {
        using var cuts = new CutCounter();
        await using var node = await TestPeer.Listen(
            change: o => o with { MaxOutstandingMessages = 5_000, SilenceTimeout = TimeSpan.FromHours(1) }); // it is not its silence that is meant
        using var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();
        var taken = 0;
        while (toRaw.Tell(new Note(taken, Bulk)))
        {
            taken++;
        }

        node.Time.Advance(9.9 * Second);
        Assert.False(node.HasLoss);
        var (_, lost) = await node.AdvanceUntil(node.NextLoss(), Second);

        Assert.Equal(PeerLossReason.Stuck, lost.Reason);
        Assert.Equal(5_000, taken);
        Assert.Equal(1, node.Transport.Lost.Count(PeerLossReason.Stuck));
        Assert.Equal(1, cuts.Stuck); // no other test lets a peer be stuck
        Assert.Equal(1, node.Transport.Dropped.Count(DropReason.QueueFull));
        for (var i = 0; i <= taken; i++)
        {
            await node.NextDrop();
        }

        Assert.Equal(taken, node.Transport.Dropped.Count(DropReason.PeerLost) + node.Transport.Dropped.Count(DropReason.Unconfirmed));
        Assert.False(node.HasDrop);
    }

    [Fact]
    public async Task An_ask_that_finds_the_queue_full_fails_at_once_and_a_confirmation_makes_room()
    {
        await using var node = await TestPeer.Listen(change: o => o with { MaxOutstandingMessages = 2 });
        using var raw = await RawPeer.Join(node.Address);
        var toRaw = await node.NextUp();
        toRaw.Tell(new Note(1));
        toRaw.Tell(new Note(2));

        var error = await Assert.ThrowsAsync<MessageNotSentException>(() => toRaw.Ask<Answer>(new Question(3), Second));
        await raw.Next();
        await raw.Next();
        await raw.Send([.. RawPeer.Heartbeat(2, 500), .. RawPeer.Tell("test.note.v1", "{\"number\":1,\"text\":\"\"}")]);
        await node.Next(); // so the confirmation before it has been read

        Assert.Equal(DropReason.QueueFull, error.Reason);
        Assert.Equal(0, toRaw.Outstanding);
        Assert.True(toRaw.Tell(new Note(4)));
        raw.Kill();
    }

    [Fact]
    public async Task A_heartbeat_goes_before_all_that_waits()
    {
        await using var node = await TestPeer.Listen();
        using var wire = new MemoryWire(holds: 64 * 1024); // a socket of unknown depth would hide the order
        var toOther = wire.Join(node.Transport);
        for (var i = 0; i < 2_000; i++)
        {
            Assert.True(toOther.Tell(new Note(i, Bulk)));
        }

        Assert.Equal(FrameKind.Tell, await wire.Next()); // it writes, and is held up
        node.Time.Advance(Second); // a heartbeat is due, and 20 MB wait

        var before = 0;
        while (await wire.Next() != FrameKind.Heartbeat)
        {
            before++;
        }

        Assert.InRange(before, 0, 2 * 64 * 1024 / Bulk.Length); // what was on the wire, and what was being made ready for it
    }

    [Fact]
    public async Task A_long_message_is_a_sign_of_life_while_it_comes()
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);
        var toRaw = (RemotePeer)await node.NextUp();
        var message = RawPeer.Tell("test.note.v1", $$"""{"number":1,"text":"{{Bulk}}"}""");

        for (var at = 0; at < message.Length; at += 1_000)
        {
            await raw.Send(message[at..Math.Min(at + 1_000, message.Length)]);
            var guard = Task.Delay(Sim.Guard);
            while (toRaw.Received < Math.Min(at + 1_000, message.Length) && !guard.IsCompleted)
            {
                await Task.Yield();
            }

            node.Time.Advance(4 * Second);
        }

        Assert.Equal(Bulk, ((Note)(await node.Next()).Message).Text);
        Assert.False(node.HasLoss);
        raw.Kill();
    }

    [Fact]
    public async Task A_handler_that_waits_holds_its_sender_back()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { MaxOutstandingMessages = 1_000 });
        var toNode = await client.Dial(node);
        var gate = new TaskCompletionSource();
        node.OnMessage = async _ => await gate.Task;

        var accepted = 0;
        while (toNode.Tell(new Note(accepted)))
        {
            accepted++;
        }

        Assert.Equal(1_000, accepted);
        gate.SetResult();
        await toNode.CloseAsync().WaitAsync(Sim.Guard);
        Assert.Equal(1, client.Transport.Dropped.Total);
    }

    /// <summary>Listens to the counter that an operator would look at.</summary>
    private sealed class CutCounter : IDisposable
    {
        private readonly MeterListener listener = new();
        private long stuck;

        public CutCounter()
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "flowerpower.transport.peer_cut")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                if (tags is [{ Key: "reason", Value: "Stuck" }])
                {
                    Interlocked.Add(ref stuck, value);
                }
            });
            listener.Start();
        }

        public long Stuck => Interlocked.Read(ref stuck);

        public void Dispose() => listener.Dispose();
    }
}
