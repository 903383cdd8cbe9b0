using System.CommandLine;
using FlowerPower.Cli.Parsing;

namespace FlowerPower.Cli.Commands;

/// <summary><c>completion</c>: prints the script that teaches a shell to complete this tool's command lines.</summary>
internal sealed class CompletionCommand : ToolCommand
{
    private readonly Argument<string> shell = Choices.Argument("SHELL", "The shell", "bash", "zsh", "fish", "pwsh");

    public CompletionCommand(CommonOptions common)
        : base(common, "completion", "Print a script that lets your shell complete commands, options and pipelines")
    {
        Add(shell);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("completion bash >> ~/.bashrc", "for every new bash"),
        new("completion zsh > ~/.zfunc/_flowerpower", "for zsh, with ~/.zfunc in fpath"),
        new("completion fish > ~/.config/fish/completions/flowerpower.fish", "for fish"),
    ];

    protected override Task<int> RunAsync(CommandContext context)
    {
        var script = CompletionScripts.Of(context.Parse.GetRequiredValue(shell)).TrimEnd('\n');
        context.Output.Text(script);
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("shell", context.Parse.GetRequiredValue(shell));
            json.WriteString("script", script);
            json.WriteEndObject();
        });
        return Task.FromResult(ExitCodes.Done);
    }
}
