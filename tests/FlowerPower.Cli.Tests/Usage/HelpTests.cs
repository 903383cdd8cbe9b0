using System.CommandLine;
using FlowerPower.Cli.Commands;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class HelpTests
{
    public static TheoryData<string> Commands() => [.. AllCommands().Select(found => found.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_teaches_with_a_summary_examples_and_exit_codes(string command)
    {
        var said = (await Tool.RunIn(Path.GetTempPath(), [.. command.Split(' '), "--help"])).AssertDone();

        Assert.Contains("Examples:\n  # ", said.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes:\n  0  done\n  1  ", said.Out, StringComparison.Ordinal);
        Assert.Contains("--project", said.Out, StringComparison.Ordinal);
        Assert.Contains("--output <text|json>", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_commands_shows_which_arguments_may_be_left_out()
    {
        var root = (await Tool.RunIn(Path.GetTempPath(), "--help")).AssertDone().Out;
        var queue = (await Tool.RunIn(Path.GetTempPath(), "queue", "--help")).AssertDone().Out;

        Assert.Matches(@"\n  init \[<PATH>\] +Make a project", root);
        Assert.Matches(@"\n  status \[<PIPELINE\|ID>\] +Show a job", queue);
        Assert.Matches(@"\n  cancel \[<ID>\] +End a job", queue);
    }

    [Fact]
    public async Task The_help_is_the_same_in_every_project()
    {
        using var project = new TempProject().WithHello();

        Assert.Equal(
            (await Tool.RunIn(Path.GetTempPath(), "queue", "--help")).AssertDone().Out,
            (await Tool.RunAsync(project, "queue", "--help")).AssertDone().Out);
    }

    [Fact]
    public void Every_example_parses()
    {
        var host = new FakeConsole().Host;
        foreach (var (path, command) in AllCommands())
        {
            Assert.InRange(command.Examples.Count, 2, 3);
            foreach (var example in command.Examples.Where(example => example.Line.StartsWith(path, StringComparison.Ordinal)))
            {
                var line = example.Line.Split(" | ")[0].Split(" && ")[0].Split(" >")[0].Replace('\'', '"').Replace("{\"name\": \"Bob\"}", "{}", StringComparison.Ordinal);
                Assert.Empty(CommandTree.Build(new CommonOptions(host)).Parse(line).Errors);
            }
        }
    }

    private static IEnumerable<(string Path, ToolCommand Command)> AllCommands()
    {
        return Below(CommandTree.Build(new CommonOptions(new FakeConsole().Host)), "");

        static IEnumerable<(string, ToolCommand)> Below(Command parent, string path) => parent.Subcommands.SelectMany(command =>
            command is ToolCommand tool
                ? [($"{path} {command.Name}".Trim(), tool)]
                : Below(command, $"{path} {command.Name}"));
    }
}
