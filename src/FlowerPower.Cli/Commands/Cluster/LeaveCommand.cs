using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster leave</c>: asks one node to stop in order.</summary>
internal sealed class LeaveCommand : ToolCommand
{
    private readonly Argument<string> name = new("NODE") { Description = "The node's name or incarnation, as cluster show has it", HelpName = "NODE" };

    public LeaveCommand(CommonOptions common)
        : base(common, "leave", "Ask a node to leave in order: it finishes its jobs, hands over its shards, and its process ends") => Add(name);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster leave b1 --cluster 10.0.0.1:7710 --secret-file secret", "by its name"),
        new("cluster leave b1 --cluster 10.0.0.1:7710 && flowerpower cluster show --cluster 10.0.0.1:7710", "and see it go"),
    ];

    public override string FailsWhen => "there is no such node, several have that name, or it cannot be reached";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var client = await ClusterClient.ConnectAsync(context.RequireCluster(), context.Interrupted).ConfigureAwait(false);
        var picture = await client.LookAsync(context.Interrupted).ConfigureAwait(false);
        var member = NamedMember.Find(picture, context.Parse.GetRequiredValue(name));
        await client.AskToLeaveAsync(member, context.Interrupted).ConfigureAwait(false);
        context.Output.Text($"Node {member.Info.Incarnation} has heard it: it finishes or hands back its jobs, hands over its shards, and leaves.");
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("node", member.Info.Incarnation);
            json.WriteBoolean("isLeaving", true);
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }
}
