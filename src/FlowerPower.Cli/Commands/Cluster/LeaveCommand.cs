using FlowerPower.Cli.Parsing;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster leave</c>: asks one node to stop in order.</summary>
internal sealed class LeaveCommand(CommonOptions common) : MemberCommand(
    common, "leave", "Ask a node to leave in order: it finishes its jobs, hands over its shards, and its process ends")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster leave b1 --cluster 10.0.0.1:7710 --secret-file secret", "by its name"),
        new("cluster leave b1 --cluster 10.0.0.1:7710 && flowerpower cluster show --cluster 10.0.0.1:7710", "and see it go"),
    ];

    public override string FailsWhen => "there is no such node, several have that name, or it cannot be reached";

    protected override string Flag => "isLeaving";

    protected override async Task<string> DoAsync(ClusterClient client, Member member, CancellationToken interrupted)
    {
        await client.AskToLeaveAsync(member, interrupted).ConfigureAwait(false);
        return $"Node {member.Info.Incarnation} has heard it: it finishes or hands back its jobs, hands over its shards, and leaves.";
    }
}
