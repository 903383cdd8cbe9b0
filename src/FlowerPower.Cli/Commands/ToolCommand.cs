using System.CommandLine;
using FlowerPower.Cli.Parsing;

namespace FlowerPower.Cli.Commands;

/// <summary>One command of the tool: what it takes, what its help teaches, and what it does.</summary>
internal abstract class ToolCommand : Command
{
    private readonly CommonOptions common;

    /// <param name="summary">One line, as a list of commands shows it.</param>
    protected ToolCommand(CommonOptions common, string name, string summary)
        : base(name, summary)
    {
        this.common = common;
        SetAction((parse, _) => RunAsync(new CommandContext(common.Host, parse, common)));
    }

    /// <summary>Command lines for the help, each with what it does; 2 or 3.</summary>
    public abstract IReadOnlyList<Example> Examples { get; }

    /// <summary>What this command's exit codes mean beyond what every command's do; <see langword="null"/>: nothing.</summary>
    public virtual string? FailsWhen => null;

    /// <summary>Does it, and returns the exit code.</summary>
    protected abstract Task<int> RunAsync(CommandContext context);

    /// <summary>The positional name of a pipeline, completed with those of the project.</summary>
    protected Argument<string> PipelineArgument(string description) => AddTo(new Argument<string>("NAME") { Description = description, HelpName = "NAME" });

    /// <summary>The positional of commands that ask about a job: a pipeline's name, or a job's id.</summary>
    protected Argument<string?> TargetArgument(string description, bool required)
    {
        var argument = new Argument<string?>("PIPELINE|ID")
        {
            Description = description,
            HelpName = "PIPELINE|ID", // else the help shows what completes there: every pipeline of the project
            Arity = required ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        };
        return AddTo(argument);
    }

    private T AddTo<T>(T argument)
        where T : Argument
    {
        argument.CompletionSources.Add(completing => ProjectFinder.PipelineNames(common, completing.ParseResult));
        Add(argument);
        return argument;
    }
}

/// <summary>A command line that help shows.</summary>
/// <param name="Line">Without the tool's name.</param>
/// <param name="Does">What it does, in a few words.</param>
internal sealed record Example(string Line, string Does);
