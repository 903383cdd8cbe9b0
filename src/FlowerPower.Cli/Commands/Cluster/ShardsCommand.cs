using System.Globalization;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster shards</c>: who has which shard.</summary>
internal sealed class ShardsCommand(CommonOptions common)
    : ToolCommand(common, "shards", "Show which node has each shard, or is about to have it")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster shards --cluster 10.0.0.1:7710 --secret-file secret", "a line for each shard"),
        new("cluster shards --cluster 10.0.0.1:7710 --output json | jq '.shards[].owner'", "the owners, for a script"),
    ];

    public override string FailsWhen => "no node of the cluster answers, or it refuses: another secret, another name";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var options = context.RequireCluster();
        await using var client = await ClusterClient.ConnectAsync(options, context.Interrupted).ConfigureAwait(false);
        var picture = await client.LookAsync(context.Interrupted).ConfigureAwait(false);
        var table = new TextTable("SHARD", "NODE", "INCARNATION");
        foreach (var (shard, owner) in picture.Owners.Index())
        {
            table.Add(shard.ToString(CultureInfo.InvariantCulture), NameOf(owner) ?? "nobody", owner ?? "-");
        }

        context.Output.Table(table);
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("cluster", options.Name);
            json.WriteString("node", picture.Node);
            json.WriteString("asOf", picture.AsOf);
            json.WriteStartArray("shards");
            foreach (var (shard, owner) in picture.Owners.Index())
            {
                json.WriteStartObject();
                json.WriteNumber("shard", shard);
                json.WriteString("owner", NameOf(owner));
                json.WriteString("incarnation", owner);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
        return ExitCodes.Done;

        string? NameOf(string? incarnation) => picture.Members.FirstOrDefault(member => member.Info.Incarnation == incarnation)?.Info.Name ?? incarnation;
    }
}
