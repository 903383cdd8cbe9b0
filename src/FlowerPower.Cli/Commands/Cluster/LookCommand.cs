using System.Text.Json;
using FlowerPower.Cli.Parsing;
using FlowerPower.Node;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>A command that shows something of a cluster, as one of its nodes knows it.</summary>
internal abstract class LookCommand(CommonOptions common, string name, string summary) : ToolCommand(common, name, summary)
{
    public override string FailsWhen => "no node of the cluster answers, or it refuses: another secret, another name";

    /// <summary>Prints what is asked for.</summary>
    /// <param name="cluster">The cluster's name.</param>
    protected abstract void Show(CommandContext context, string cluster, ClusterPicture picture);

    protected sealed override async Task<int> RunAsync(CommandContext context)
    {
        var options = context.RequireCluster();
        await using var client = await ClusterClient.ConnectAsync(options, context.Interrupted).ConfigureAwait(false);
        Show(context, options.Name, await client.LookAsync(context.Interrupted).ConfigureAwait(false));
        return ExitCodes.Done;
    }

    /// <summary>Which cluster, who says it, and when.</summary>
    protected static void WriteSource(Utf8JsonWriter json, string cluster, ClusterPicture picture)
    {
        json.WriteString("cluster", cluster);
        json.WriteString("node", picture.Node);
        json.WriteString("asOf", picture.AsOf);
    }
}
