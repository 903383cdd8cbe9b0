using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>The node that a person means.</summary>
internal static class NamedMember
{
    /// <param name="wanted">A name or an incarnation.</param>
    /// <exception cref="CommandFailedException">No living node is called so, or several are.</exception>
    public static Member Find(ClusterPicture picture, string wanted)
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
