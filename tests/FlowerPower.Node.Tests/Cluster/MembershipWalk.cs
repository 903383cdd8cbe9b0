namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Random lives of a cluster: what must hold whatever happens. A failure names its seed.</summary>
public sealed class MembershipWalk
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_node_that_may_serve_is_never_dead_and_all_agree_when_the_trouble_is_over(int seed)
    {
        await using var rig = new MembershipRig();
        var random = new Random(seed);
        var nodes = new List<RigNode> { await rig.StartAsync("n0") };
        for (var i = 1; i <= 60; i++)
        {
            var node = nodes[random.Next(nodes.Count)];
            switch (random.Next(10))
            {
                case 0 or 1 when nodes.Count < 6:
                    nodes.Add(await rig.StartAsync($"n{i}"));
                    break;
                case 2 or 3:
                    node.Way.IsCut = !node.Way.IsCut;
                    break;
                case 4:
                    node.Way.LosesAnswers = !node.Way.LosesAnswers;
                    break;
                case 5 when nodes.Count > 2:
                    nodes.Remove(node);
                    await node.Membership.VanishAsync();
                    break;
                case 6:
                    rig.Table.Restart();
                    break;
                case 7:
                    node.Membership.LookNow();
                    break;
                case 8 when random.Next(4) == 0:
                    rig.Table.Forget();
                    break;
                default:
                    break;
            }

            for (var left = random.Next(16); left >= 0; left--)
            {
                await rig.PassAsync(Tick);
                await CheckAsync(rig, nodes, seed, i);
            }

            nodes.RemoveAll(n => n.Membership.Died.IsCompleted);
            if (nodes.Count == 0)
            {
                nodes.Add(await rig.StartAsync($"n{i}x"));
            }
        }

        nodes.ForEach(n => (n.Way.IsCut, n.Way.LosesAnswers) = (false, false));
        await rig.PassAsync(TimeSpan.FromSeconds(13));
        nodes.RemoveAll(n => n.Membership.Died.IsCompleted);
        var table = await rig.Table.ReadAsync(default);
        Assert.Equal(nodes.Select(n => n.Membership.Me.Incarnation).Order(StringComparer.Ordinal), table.Living.Select(m => m.Info.Incarnation));
        Assert.All(nodes, n => Assert.True(n.Membership.MayServe && n.Membership.View.Version == table.Version, $"seed {seed}: {n.Membership.Me.Name}"));
    }

    private static async Task CheckAsync(MembershipRig rig, List<RigNode> nodes, int seed, int step)
    {
        var table = await rig.Table.ReadAsync(default);
        foreach (var node in nodes)
        {
            var me = node.Membership.Me.Incarnation;
            Assert.False(
                node.Membership.MayServe && table.Find(me) is { IsLiving: false }, $"seed {seed}, step {step}: {me} may serve and is dead in the table");
            Assert.True(
                node.Serving.LastOrDefault() == node.Membership.MayServe, $"seed {seed}, step {step}: {me} told its listeners something else than MayServe");
        }
    }
}
