using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Cli.Running;

namespace FlowerPower.Cli.Commands.Pipelines;

/// <summary><c>pipeline run</c>: runs a pipeline in this process, without the queue.</summary>
internal sealed class RunCommand : ToolCommand
{
    private readonly Argument<string> name;
    private readonly RunOptions run = new();

    public RunCommand(CommonOptions common)
        : base(common, "run", "Run a pipeline in this process, and print its result")
    {
        name = PipelineArgument("The pipeline");
        run.AddTo(this);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("pipeline run hello --inputs name=Ada", "run it with another input"),
        new("pipeline run hello -o greeting,greeting_length --output json", "choose the nodes whose values are wanted, as JSON"),
        new("pipeline run hello --inputs '{\"name\": \"Bob\"}' --max-retries 0 --log-level debug", "try once, and tell of every node"),
    ];

    public override string FailsWhen => "the pipeline cannot be run, or it failed";

    protected override async Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        var config = run.Read(context.Parse);
        IReadOnlyDictionary<string, object?> result;
        await using (var progress = new RunProgress(context.Output, context.Host.Time, pipeline, project.Resolve(pipeline, config).LogLevel))
        {
            result = await project.RunAsync(pipeline, config, progress, context.Interrupted).ConfigureAwait(false);
        }

        Results.Print(context.Output, FlowerPower.Pipelines.ResultJson.Serialize(result));
        return ExitCodes.Done;
    }
}
