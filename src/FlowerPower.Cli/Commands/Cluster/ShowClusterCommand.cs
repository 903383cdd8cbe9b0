using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster show</c>: the nodes of a cluster.</summary>
internal sealed class ShowClusterCommand : LookCommand
{
    private readonly Option<bool> all = new("--all") { Description = "The dead of late as well" };

    public ShowClusterCommand(CommonOptions common)
        : base(common, "show", "Show a cluster's nodes: who is there, what each does, how many shards it has") => Add(all);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster show --cluster 10.0.0.1:7710 --secret-file secret", "the nodes, as one of them knows them"),
        new("cluster show --cluster 10.0.0.1:7710,10.0.0.2:7710 --all --output json", "with those that died lately, for a script"),
    ];

    protected override void Show(CommandContext context, string cluster, ClusterPicture picture)
    {
        var shown = picture.Members.Where(member => member.IsLiving || context.Parse.GetValue(all)).ToList();
        var answers = picture.Members.FirstOrDefault(member => member.Info.Incarnation == picture.Node)?.Info.Name ?? picture.Node;
        context.Output.Text(
            $"Cluster '{cluster}' as {answers} knew it at {Times.At(picture.AsOf)}: {Sentences.Count(picture.Members.Count(m => m.IsLiving), "node")}, "
            + $"{Sentences.Count(picture.Owners.Count, "shard")}.");
        var table = new TextTable("NODE", "ADDRESS", "ROLES", "STATUS", "SLOTS", "QUEUES", "SHARDS", "LEASE LEFT", "SINCE", "INCARNATION");
        foreach (var member in shown)
        {
            var info = member.Info;
            table.Add(
                info.Name,
                info.Address,
                string.Join(",", ClusterText.Roles(info.Roles)),
                ClusterText.Word(member.Status),
                FormattableString.Invariant($"{info.Slots}"),
                info.Slots == 0 ? "-" : info.Queues is { } queues ? string.Join(",", queues) : "all",
                FormattableString.Invariant($"{ShardsOf(picture, member)}"),
                member.IsLiving ? Times.Length(member.LeaseLeft) : "-",
                Times.At(member.ChangedAt),
                info.Incarnation);
        }

        context.Output.Table(table);
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            WriteSource(json, cluster, picture);
            json.WriteNumber("version", picture.Version);
            json.WriteNumber("shards", picture.Owners.Count);
            json.WriteStartArray("members");
            foreach (var member in shown)
            {
                json.WriteStartObject();
                json.WriteString("name", member.Info.Name);
                json.WriteString("incarnation", member.Info.Incarnation);
                json.WriteString("address", member.Info.Address);
                ClusterText.Texts(json, "roles", ClusterText.Roles(member.Info.Roles));
                json.WriteString("status", ClusterText.Word(member.Status));
                json.WriteNumber("weight", member.Info.Weight);
                json.WriteNumber("slots", member.Info.Slots);
                ClusterText.Texts(json, "queues", member.Info.Queues);
                json.WriteNumber("shards", ShardsOf(picture, member));
                json.WriteNumber("leaseLeftSeconds", Math.Max(0, Math.Round(member.LeaseLeft.TotalSeconds, 3)));
                json.WriteString("joinedAt", member.JoinedAt);
                json.WriteString("since", member.ChangedAt);
                json.WriteString("software", member.Info.Software);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static int ShardsOf(ClusterPicture picture, Member member) => picture.Owners.Count(owner => owner == member.Info.Incarnation);
}
