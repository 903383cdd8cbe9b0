using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class MessagingTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_client_and_a_node_learn_who_the_other_is()
    {
        await using var node = await TestPeer.Listen("n1", incarnation: 7);
        await using var client = await TestPeer.Client("c1", incarnation: 3);

        var toNode = await client.Dial(node);
        var toClient = await node.NextUp();

        Assert.Equal(new PeerIdentity("n1", 7, ["queue"], null), toNode.Identity);
        Assert.Equal(node.Address, toNode.Identity.Address);
        Assert.Equal(["queue"], toNode.Identity.Roles);
        Assert.False(toNode.Identity.IsClient);
        Assert.True(toNode.WasDialled);
        Assert.Equal("c1#3", toClient.Identity.ToString());
        Assert.True(toClient.Identity.IsClient);
        Assert.Null(toClient.Identity.Address);
        Assert.False(toClient.WasDialled);
        Assert.Equal([toNode], client.Transport.Peers);
    }

    [Fact]
    public async Task Told_messages_arrive_in_order_in_both_directions()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var toClient = await node.NextUp();

        for (var i = 0; i < 1000; i++)
        {
            Assert.True(toNode.Tell(new Note(i, new string('x', i))));
            Assert.True(toClient.Tell(new Note(-i)));
        }

        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(new Note(i, new string('x', i)), (await node.Next()).Message);
            Assert.Equal(new Note(-i), (await client.Next()).Message);
        }
    }

    [Fact]
    public async Task An_ask_is_answered()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);

        var answer = await toNode.Ask<Answer>(new Question(41), Second).WaitAsync(Sim.Guard);

        Assert.Equal(41, answer.Number);
        Assert.Equal(Second, (await node.Next()).Patience);
    }

    [Fact]
    public async Task Replies_may_come_in_another_order_than_the_questions()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var open = new List<Inbound>();
        node.OnMessage = message =>
        {
            open.Add(message);
            if (open.Count == 10)
            {
                open.Reverse();
                open.ForEach(each => each.Reply(new Answer(((Question)each.Message).Number)));
            }

            return default;
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => toNode.Ask<Answer>(new Question(i), Second))).WaitAsync(Sim.Guard);

        Assert.Equal(Enumerable.Range(0, 10), answers.Select(answer => answer.Number));
    }

    [Fact]
    public async Task A_node_pushes_to_a_client_on_the_clients_own_connection()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        await client.Dial(node);
        var toClient = await node.NextUp();

        toClient.Tell(new Note(1));
        var answer = await toClient.Ask<Answer>(new Question(5), Second).WaitAsync(Sim.Guard);

        Assert.Equal(new Note(1), (await client.Next()).Message);
        Assert.Equal(5, answer.Number);
    }

    [Fact]
    public async Task Many_threads_ask_and_tell_in_both_directions_at_once()
    {
        const int threads = 8;
        const int each = 500;
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var toClient = await node.NextUp();
        ValueTask Answer(Inbound message)
        {
            message.Reply(new Answer(((Question)message.Message).Number));
            return default;
        }

        node.OnMessage = Answer;
        client.OnMessage = Answer;

        var sums = await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(async () =>
        {
            var peer = thread % 2 == 0 ? toNode : toClient;
            var answers = await Task.WhenAll(Enumerable.Range(0, each).Select(i => peer.Ask<Answer>(new Question((thread * each) + i), 60 * Second)));
            return answers.Select((answer, i) => answer.Number - i).Distinct().Single();
        }))).WaitAsync(Sim.Guard);

        Assert.Equal(Enumerable.Range(0, threads).Select(thread => thread * each), sums);
        Assert.Equal(0, node.Transport.Dropped.Total + client.Transport.Dropped.Total);
    }

    [Fact]
    public async Task Derived_messages_travel_under_their_base()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);

        toNode.Tell(new Shape.Square(3));
        toNode.Tell(new Shape.Circle(2));

        Assert.Equal(new Shape.Square(3), (await node.Next()).Message);
        Assert.Equal(new Shape.Circle(2), (await node.Next()).Message);
    }

    [Fact]
    public async Task A_message_of_many_megabytes_arrives_whole()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var text = string.Create(8_000_000, 0, static (span, _) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (char)('a' + (i % 23));
            }
        });

        toNode.Tell(new Note(1, text));
        toNode.Tell(new Note(2));

        Assert.Equal(text, ((Note)(await node.Next()).Message).Text);
        Assert.Equal(new Note(2), (await node.Next()).Message);
    }

    [Fact]
    public async Task An_ask_times_out_by_the_clock_and_its_late_reply_is_counted()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var question = new TaskCompletionSource<Inbound>();
        node.OnMessage = message =>
        {
            question.SetResult(message);
            return default;
        };
        var asking = toNode.Ask<Answer>(new Question(1), 0.5 * Second);
        var asked = await question.Task.WaitAsync(Sim.Guard);

        client.Time.Advance(0.5 * Second);
        asked.Reply(new Answer(1));

        var error = await Assert.ThrowsAsync<AskTimeoutException>(() => asking.WaitAsync(Sim.Guard));
        Assert.Equal("n1#1 did not answer test.question.v1 within 00:00:00.5000000: whether it was handled is unknown.", error.Message);
        var dropped = await client.NextDrop();
        Assert.Equal((DropReason.LateReply, new Answer(1)), (dropped.Reason, dropped.Message));
    }

    [Fact]
    public async Task An_ask_that_was_cancelled_before_it_was_sent_is_not_sent()
    {
        var outbox = new Outbox(10, 10_000);
        var table = new AskTable();
        using var cancel = new CancellationTokenSource();
        var (correlation, ask) = table.Begin<Answer>(TimeProvider.System, Second, () => "", cancel.Token);
        outbox.Add(new OutboundMessage(FrameKind.Ask, TestTypes.All.Of(new Question(1)), new Question(1)) { Correlation = correlation, Ask = ask });
        await cancel.CancelAsync();

        var batch = new List<OutboundMessage>();
        outbox.TakeBatch(batch, 10);

        Assert.Empty(batch);
        Assert.Equal(0, outbox.Outstanding);
        Assert.Equal(0, table.Count);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask.Task);
    }

    [Fact]
    public async Task A_reply_of_another_type_faults_the_ask()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);

        var error = await Assert.ThrowsAsync<UnexpectedReplyException>(() => toNode.Ask<Note>(new Question(1), Second).WaitAsync(Sim.Guard));

        Assert.Equal("n1#1 replied with Answer, and Note was expected.", error.Message);
    }

    [Fact]
    public async Task A_handler_that_throws_fails_the_ask_and_keeps_the_connection()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        node.OnMessage = _ => throw new InvalidOperationException("no luck");

        var error = await Assert.ThrowsAsync<RemoteFailureException>(() => toNode.Ask<Answer>(new Question(1), Second).WaitAsync(Sim.Guard));
        node.OnMessage = null;

        Assert.Equal(RemoteFailureException.HandlerFailed, error.Code);
        Assert.Equal("n1#1 answered: the handler failed: no luck", error.Message);
        Assert.Equal(DropReason.HandlerFailed, (await node.NextDrop()).Reason);
        Assert.Equal(2, (await toNode.Ask<Answer>(new Question(2), Second).WaitAsync(Sim.Guard)).Number);
    }

    [Fact]
    public async Task A_handler_fails_an_ask_with_a_code_of_its_own()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        node.OnMessage = message =>
        {
            message.Fail("moved", "the shard has moved to n2");
            return default;
        };

        var error = await Assert.ThrowsAsync<RemoteFailureException>(() => toNode.Ask<Answer>(new Question(1), Second).WaitAsync(Sim.Guard));

        Assert.Equal("moved", error.Code);
    }
}
