using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>What the commands that do something with one node of a cluster have in common.</summary>
internal abstract class MemberCommand : ToolCommand
{
    private readonly Argument<string> name = new("NODE") { Description = "The node's name or incarnation, as cluster show has it", HelpName = "NODE" };

    protected MemberCommand(CommonOptions common, string command, string summary)
        : base(common, command, summary) => Add(name);

    /// <summary>What is true of the node from then on, as the result's field.</summary>
    protected abstract string Flag { get; }

    /// <summary>Does it.</summary>
    /// <returns>What has been done, in a sentence.</returns>
    protected abstract Task<string> DoAsync(ClusterClient client, Member member, CancellationToken interrupted);

    protected sealed override async Task<int> RunAsync(CommandContext context)
    {
        await using var client = await ClusterClient.ConnectAsync(context.RequireCluster(), context.Interrupted).ConfigureAwait(false);
        var member = Find(await client.LookAsync(context.Interrupted).ConfigureAwait(false), context.Parse.GetRequiredValue(name));
        context.Output.Text(await DoAsync(client, member, context.Interrupted).ConfigureAwait(false));
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("node", member.Info.Incarnation);
            json.WriteBoolean(Flag, true);
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }

    /// <param name="wanted">A name or an incarnation.</param>
    /// <exception cref="CommandFailedException">No living node is called so, or several are.</exception>
    private static Member Find(ClusterPicture picture, string wanted)
    {
        var living = picture.Members.Where(member => member.IsLiving).ToList();
        return Named(living, wanted) switch
        {
            [var one] => one,
            [] when Named(picture.Members, wanted) is [.., var dead] => throw new CommandFailedException(
                $"The node '{wanted}' is dead already, since {Times.At(dead.ChangedAt)} ({dead.Info.Incarnation})."),
            [] => throw new CommandFailedException(
                $"The cluster has no node '{wanted}': it has {Sentences.Or([.. living.Select(member => member.Info.Name).Distinct()])}."),
            var several => throw new CommandFailedException(
                $"Several nodes are called '{wanted}': name one by its incarnation, {Sentences.Or([.. several.Select(member => member.Info.Incarnation)])}."),
        };
    }

    private static List<Member> Named(IReadOnlyList<Member> members, string wanted)
    {
        var found = members.Where(member => member.Info.Incarnation == wanted).ToList();
        return found.Count > 0 ? found : [.. members.Where(member => member.Info.Name == wanted).OrderBy(member => member.ChangedAt)];
    }
}
