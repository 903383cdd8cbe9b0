using System.CommandLine;
using System.Globalization;
using FlowerPower.Cli.Parsing;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary><c>cluster unpark</c>: lets a parked shard be taken up again.</summary>
internal sealed class UnparkCommand : ToolCommand
{
    private const string All = "all";

    private readonly Argument<string> wanted = new("SHARD") { Description = "The shard's number, as cluster shards has it, or all", HelpName = "SHARD|all" };

    public UnparkCommand(CommonOptions common)
        : base(common, "unpark", "Let a shard be taken up again that was parked because the nodes that took it ended, one after the other") => Add(wanted);

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("cluster shards --cluster 10.0.0.1:7710", "which are parked, and why"),
        new("cluster unpark 17 --cluster 10.0.0.1:7710 --secret-file secret", "after the reason was found"),
    ];

    public override string FailsWhen => "there is no such shard, it is not parked, or no node of the cluster answers";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        await using var client = await ClusterClient.ConnectAsync(context.RequireCluster(), context.Interrupted).ConfigureAwait(false);
        var picture = await client.LookAsync(context.Interrupted).ConfigureAwait(false);
        var done = new List<int>();
        foreach (var shard in Meant(picture, context.Parse.GetRequiredValue(wanted)))
        {
            if (await client.UnparkAsync(shard, context.Interrupted).ConfigureAwait(false))
            {
                done.Add(shard);
                context.Output.Text(FormattableString.Invariant($"Shard {shard} is not parked any more: the node that it belongs to takes it."));
            }
        }

        if (done.Count == 0)
        {
            throw new CommandFailedException(
                context.Parse.GetRequiredValue(wanted) is All ? "No shard is parked." : $"Shard {context.Parse.GetRequiredValue(wanted)} is not parked.");
        }

        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("unparked");
            done.ForEach(json.WriteNumberValue);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }

    private static IReadOnlyList<int> Meant(ClusterPicture picture, string text)
    {
        if (text == All)
        {
            return [.. picture.Parked.Select(parked => parked.Shard)];
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var shard) && shard < picture.Owners.Count
            ? [shard]
            : throw new CommandFailedException(FormattableString.Invariant($"The cluster has the shards 0 to {picture.Owners.Count - 1}, not {text}."));
    }
}
