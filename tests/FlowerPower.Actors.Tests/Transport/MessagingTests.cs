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
}
