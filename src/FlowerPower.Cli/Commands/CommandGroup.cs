using System.CommandLine;

namespace FlowerPower.Cli.Commands;

/// <summary>A word that only leads to commands, such as <c>queue</c>.</summary>
internal sealed class CommandGroup : Command
{
    public CommandGroup(string name, string summary, params ReadOnlySpan<Command> commands)
        : base(name, summary)
    {
        foreach (var command in commands)
        {
            Add(command);
        }
    }
}
