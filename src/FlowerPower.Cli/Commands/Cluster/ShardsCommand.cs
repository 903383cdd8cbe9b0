using System.Globalization;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster shards</c>: who has which shard.</summary>
internal sealed class ShardsCommand(CommonOptions common)
    : LookCommand(common, "shards", "Show which node has each shard, or is about to have it")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster shards --cluster 10.0.0.1:7710 --secret-file secret", "a line for each shard"),
        new("cluster shards --cluster 10.0.0.1:7710 --output json | jq '.shards[].owner'", "the owners, for a script"),
    ];

    protected override void Show(CommandContext context, string cluster, ClusterPicture picture)
    {
        var table = new TextTable("SHARD", "NODE", "INCARNATION");
        foreach (var (shard, owner) in picture.Owners.Index())
        {
            var isParked = picture.WhyParked(shard) is not null;
            table.Add(shard.ToString(CultureInfo.InvariantCulture), isParked ? "parked" : NameOf(owner) ?? "nobody", isParked ? "-" : owner ?? "-");
        }

        context.Output.Table(table);
        foreach (var parked in picture.Parked)
        {
            context.Output.Text(picture.WhyParked(parked.Shard)!);
        }

        context.Output.Json(json =>
        {
            json.WriteStartObject();
            WriteSource(json, cluster, picture);
            json.WriteStartArray("shards");
            foreach (var (shard, owner) in picture.Owners.Index())
            {
                json.WriteStartObject();
                json.WriteNumber("shard", shard);
                var why = picture.WhyParked(shard);
                json.WriteString("owner", why is null ? NameOf(owner) : null);
                json.WriteString("incarnation", why is null ? owner : null);
                json.WriteString("parked", why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });

        string? NameOf(string? incarnation) => picture.Members.FirstOrDefault(member => member.Info.Incarnation == incarnation)?.Info.Name ?? incarnation;
    }
}
