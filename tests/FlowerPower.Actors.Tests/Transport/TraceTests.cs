using System.Diagnostics;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class TraceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task The_senders_trace_is_the_handlers_trace()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var seen = Seen(node);
        using var activity = new Activity("request").Start();
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;

        await toNode.Ask<Answer>(new Question(1), Second).WaitAsync(Sim.Guard);

        var handler = Assert.Single(seen)!;
        Assert.Equal(activity.TraceId, handler.TraceId);
        Assert.Equal(activity.SpanId, handler.ParentSpanId);
        Assert.Equal(ActivityTraceFlags.Recorded, handler.ActivityTraceFlags);
    }

    [Fact]
    public async Task Who_dialled_within_a_trace_does_not_leave_it_to_all_later_messages()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        Peer toNode;
        using (new Activity("dialling").Start())
        {
            toNode = await client.Dial(node);
        }

        var toClient = await node.NextUp();
        var seen = Seen(client);
        var seenByNode = Seen(node);

        await toClient.Ask<Answer>(new Question(1), Second).WaitAsync(Sim.Guard);
        await toNode.Ask<Answer>(new Question(2), Second).WaitAsync(Sim.Guard);

        Assert.Null(Assert.Single(seen));
        Assert.Null(Assert.Single(seenByNode));
    }

    [Fact]
    public async Task A_trace_ends_with_its_message()
    {
        await using var node = await TestPeer.Listen();
        await using var client = await TestPeer.Client();
        var toNode = await client.Dial(node);
        var seen = Seen(node);
        using (new Activity("request").Start())
        {
            toNode.Tell(new Note(1));
        }

        await toNode.Ask<Answer>(new Question(2), Second).WaitAsync(Sim.Guard);

        Assert.NotNull(seen[0]);
        Assert.Null(seen[1]);
    }

    private static List<Activity?> Seen(TestPeer peer)
    {
        var seen = new List<Activity?>();
        peer.OnMessage = async message =>
        {
            await Task.Yield();
            seen.Add(Activity.Current);
            if (message.IsAsk)
            {
                message.Reply(new Answer(0));
            }
        };
        return seen;
    }
}
