using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

/// <summary>Messages that one of the two sides does not take: always said, always counted, and the connection goes on.</summary>
public sealed class RefusedMessageTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_asker_is_told_of_a_type_that_the_other_side_does_not_know()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { Types = TestTypes.WithNovelty });
        var toNode = await client.Dial(node);

        var error = await Assert.ThrowsAsync<RemoteFailureException>(() => toNode.Ask<Answer>(new Novelty(1), Second).WaitAsync(Sim.Guard));

        Assert.Equal(RemoteFailureException.UnknownType, error.Code);
        Assert.Equal("n1#1 answered: the type test.novelty.v2 is not known here: upgrade the older of the two.", error.Message);
        var dropped = await node.NextDrop();
        Assert.Equal((DropReason.UnknownType, "test.novelty.v2"), (dropped.Reason, dropped.TypeId));
    }

    [Fact]
    public async Task A_told_message_of_an_unknown_type_is_counted_and_the_next_one_arrives()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client(change: o => o with { Types = TestTypes.WithNovelty });
        var toNode = await client.Dial(node);

        toNode.Tell(new Novelty(1));
        toNode.Tell(new Note(2));

        Assert.Equal(new Note(2), (await node.Next()).Message);
        Assert.Equal(1, node.Transport.Dropped.Count(DropReason.UnknownType));
    }

    [Theory]
    [InlineData("test.note.v1", "{\"number\":")]
    [InlineData("test.note.v1", "{\"number\":1} 2")]
    [InlineData("test.note.v1", "null")]
    [InlineData("test.note.v1", "")]
    [InlineData("test.picky.v1", "{\"number\":-1}")]
    [InlineData("test.shape.v1", "{\"is\":\"triangle\"}")]
    public async Task What_is_not_readable_as_its_type_is_counted_and_the_next_message_arrives(string type, string json)
    {
        await using var node = await TestPeer.Listen();
        using var raw = await RawPeer.Join(node.Address);

        await raw.Send([.. RawPeer.Tell(type, json), .. RawPeer.Tell("test.note.v1", "{\"number\":2,\"text\":\"\"}")]);

        Assert.Equal(new Note(2), (await node.Next()).Message);
        Assert.Equal(1, node.Transport.Dropped.Count(DropReason.Unreadable));
        raw.Kill();
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_by_its_sender_and_the_connection_goes_on()
    {
        await using var node = await TestPeer.Listen(change: o => o with { MaxFrameBytes = 4096 });
        await using var client = await TestPeer.Client(); // its own limit is greater: the smaller one counts
        var toNode = await client.Dial(node);

        toNode.Tell(new Note(1, new string('x', 5000)));
        var error = await Assert.ThrowsAsync<MessageNotSentException>(
            () => toNode.Ask<Answer>(new Question(1, new string('x', 5000)), Second).WaitAsync(Sim.Guard));

        Assert.Equal(DropReason.TooLarge, error.Reason);
        Assert.StartsWith("A message to a peer may have 4,096 bytes, and this one has more: send it in parts", error.Message);
        Assert.Equal(DropReason.TooLarge, (await client.NextDrop()).Reason);
        Assert.Equal(2, (await toNode.Ask<Answer>(new Question(2), Second).WaitAsync(Sim.Guard)).Number);
        Assert.Equal(0, node.Transport.Dropped.Total);
    }

    [Fact]
    public async Task A_reply_that_is_too_large_fails_the_ask()
    {
        await using var node = await TestPeer.Listen(change: o => o with { MaxFrameBytes = 4096 });
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        node.OnMessage = message =>
        {
            message.Reply(new Answer(1, new string('x', 5000)));
            return default;
        };

        var error = await Assert.ThrowsAsync<RemoteFailureException>(() => toNode.Ask<Answer>(new Question(1), Second).WaitAsync(Sim.Guard));

        Assert.Equal(RemoteFailureException.ReplyNotSent, error.Code);
        Assert.Equal(DropReason.TooLarge, (await node.NextDrop()).Reason);
    }

    [Fact]
    public async Task A_message_that_cannot_be_written_is_reported_to_its_sender()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);

        toNode.Tell(new Unwritable());

        var dropped = await client.NextDrop();
        Assert.Equal(DropReason.NotEncodable, dropped.Reason);
        Assert.Contains("no text today", dropped.Detail);
        Assert.Equal(2, (await toNode.Ask<Answer>(new Question(2), Second).WaitAsync(Sim.Guard)).Number);
    }

    [Fact]
    public async Task A_type_that_is_not_registered_is_the_callers_mistake()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);

        var error = Assert.Throws<ArgumentException>(() => toNode.Tell(new Novelty(1)));

        Assert.StartsWith("Novelty cannot be sent to another process: register it in WireTypes.", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("job.enqueue")]
    [InlineData("job.enqueue.v")]
    [InlineData(".v1")]
    [InlineData("Job.Enqueue.v1")]
    [InlineData("job.enqueue.v1x")]
    [InlineData("a123456789a123456789a123456789a123456789a123456789a123456789abc.v1")]
    public void A_wire_id_has_a_fixed_form(string id)
    {
        var error = Assert.Throws<ArgumentException>(() => WireType.Of(id, TestJson.Default.Note));

        Assert.Contains("such as job.enqueue.v1", error.Message);
    }

    [Fact]
    public void Neither_an_id_nor_a_type_is_registered_twice()
    {
        var note = WireType.Of("test.note.v1", TestJson.Default.Note);

        Assert.Contains("'test.note.v1' is registered twice", Assert.Throws<ArgumentException>(
            () => new WireTypes(note, WireType.Of("test.note.v1", TestJson.Default.Answer))).Message);
        Assert.Contains("Note is registered as test.note.v1 and test.note.v2", Assert.Throws<ArgumentException>(
            () => new WireTypes(note, WireType.Of("test.note.v2", TestJson.Default.Note))).Message);
    }
}
