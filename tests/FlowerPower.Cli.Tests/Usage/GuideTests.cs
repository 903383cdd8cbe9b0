using System.CommandLine;
using System.Text.RegularExpressions;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Usage;

/// <summary>docs/guides/cli.md tells of this tool, not of an earlier one.</summary>
public sealed partial class GuideTests
{
    private static readonly RootCommand Root = CommandTree.Build(new CommonOptions(new FakeConsole().Host));

    [Fact]
    public void Every_command_stands_in_the_guide()
    {
        var guide = File.ReadAllText(GuidePath());

        Assert.All(Leaves(Root, ""), path => Assert.Contains(path, guide, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_option_in_the_guide_exists()
    {
        var known = All(Root).SelectMany(command => command.Options).SelectMany(option => (IEnumerable<string>)[option.Name, .. option.Aliases]).ToHashSet();

        Assert.All(
            OptionName().Matches(File.ReadAllText(GuidePath())).Select(match => match.Value).Distinct(),
            option => Assert.Contains(option, known));
    }

    private static string GuidePath()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlowerPower.Actors.sln")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "docs", "guides", "cli.md");
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [path.Trim()]
        : command.Subcommands.SelectMany(below => Leaves(below, $"{path} {below.Name}"));

    [GeneratedRegex(@"(?<=[\s`(])--[a-z][a-z-]+")]
    private static partial Regex OptionName();
}
