using FlowerPower.Cli.Parsing;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster down</c>: declares a node dead.</summary>
internal sealed class DownCommand(CommonOptions common) : MemberCommand(
    common,
    "down",
    "Declare a node dead, for ever, when you know that it hangs or is gone: its shards go to others and its jobs run again, now instead of at the end of its lease. "
    + "If it lives after all, it loses what it runs, and joins anew")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster down b1 --cluster 10.0.0.1:7710 --secret-file secret", "b1 hangs; any other node does it"),
        new("cluster leave b1 --cluster 10.0.0.1:7710", "if it still answers, this is gentler: it finishes or hands back its jobs"),
    ];

    public override string FailsWhen => "there is no such node, it is dead already, several have that name, or no other node can be reached";

    protected override string Flag => "isDead";

    protected override async Task<string> DoAsync(ClusterClient client, Member member, CancellationToken interrupted) =>
        await client.DeclareDeadAsync(member, interrupted).ConfigureAwait(false)
            ? $"Node {member.Info.Incarnation} is dead for the cluster: its shards go to other nodes, and the jobs that it ran run again. "
                + "If its process lives after all, it stops serving at its next renewal, and joins as a new one."
            : throw new CommandFailedException($"The node {member.Info.Incarnation} is dead already: it left, or was declared dead, a moment ago.");
}
