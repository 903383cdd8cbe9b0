using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class OutboxTests
{
    [Fact]
    public void Waiting_and_unconfirmed_messages_are_bounded_together()
    {
        var outbox = new Outbox(3, 1_000_000);
        var batch = new List<OutboundMessage>();
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(Outbox.Added.Waits, outbox.Add(Note(i))));
        Assert.Equal(Outbox.Added.Full, outbox.Add(Note(3)));

        outbox.TakeBatch(batch, 2);
        Assert.Equal(Outbox.Added.Full, outbox.Add(Note(3))); // sent is not arrived
        outbox.Confirm(1);
        Assert.Equal(Outbox.Added.Waits, outbox.Add(Note(3)));

        Assert.Equal(3, outbox.Outstanding);
    }

    [Fact]
    public void Bytes_are_bounded_but_the_first_message_may_have_any_size()
    {
        var outbox = new Outbox(100, 1_000);
        var huge = Note(0, 5_000);

        Assert.Equal(Outbox.Added.Waits, outbox.Add(huge));
        Assert.Equal(Outbox.Added.Full, outbox.Add(Note(1)));
        outbox.TakeBatch([], 10);
        outbox.Recharge(huge, 900); // it was shorter than it said
        Assert.Equal(Outbox.Added.Waits, outbox.Add(Note(1)));
        Assert.Equal(Outbox.Added.Full, outbox.Add(Note(2)));
        outbox.Confirm(1);
        Assert.Equal(Outbox.Added.Waits, outbox.Add(Note(2, 500)));
    }

    [Fact]
    public void The_end_tells_what_was_never_sent_from_what_may_have_arrived()
    {
        var outbox = new Outbox(100, 1_000_000);
        for (var i = 0; i < 5; i++)
        {
            outbox.Add(Note(i));
        }

        outbox.TakeBatch([], 3);
        outbox.Confirm(1);

        var (unsent, unconfirmed) = outbox.Close();

        Assert.Equal([new Note(3), new Note(4)], unsent.Select(m => m.Message));
        Assert.Equal([new Note(1), new Note(2)], unconfirmed.Select(m => m.Message));
        Assert.Equal(Outbox.Added.Closed, outbox.Add(Note(5)));
    }

    [Fact]
    public async Task A_parked_reader_is_woken_by_a_message_a_heartbeat_the_seal_and_the_end()
    {
        var outbox = new Outbox(100, 1_000_000);

        var forMessage = outbox.WaitAsync().AsTask();
        Assert.False(forMessage.IsCompleted);
        outbox.Add(Note(1));
        Assert.True(await forMessage.WaitAsync(Sim.Guard));
        outbox.TakeBatch([], 10);

        var forHeartbeat = outbox.WaitAsync().AsTask();
        Assert.False(forHeartbeat.IsCompleted);
        outbox.RequestHeartbeat();
        Assert.True(await forHeartbeat.WaitAsync(Sim.Guard));
        Assert.True(outbox.TakeHeartbeat());
        Assert.False(outbox.TakeHeartbeat());

        var forSeal = outbox.WaitAsync().AsTask();
        Assert.False(forSeal.IsCompleted);
        outbox.Seal();
        Assert.True(await forSeal.WaitAsync(Sim.Guard));
        Assert.True(outbox.TakeBatch([], 10));
        Assert.Equal(Outbox.Added.Closed, outbox.Add(Note(2)));

        outbox.Close();
        Assert.False(await outbox.WaitAsync());
    }

    [Fact]
    public void A_confirmation_of_what_was_not_sent_breaks_the_protocol()
    {
        var outbox = new Outbox(100, 1_000_000);
        outbox.Add(Note(1));

        Assert.Throws<ProtocolException>(() => outbox.Confirm(1)); // it waits still
        Assert.Throws<ProtocolException>(() => outbox.Confirm(-1));
    }

    private static OutboundMessage Note(int number, int size = 64)
    {
        var note = new Note(number, new string('x', size - 64));
        return new OutboundMessage(FrameKind.Tell, TestTypes.All.Of(note), note) { Charge = size };
    }
}
