using System.CommandLine;
using FlowerPower.Cli.Parsing;

namespace FlowerPower.Cli.Commands.Pipelines;

/// <summary><c>pipeline new</c>: makes a pipeline that runs as it is.</summary>
internal sealed class NewCommand : ToolCommand
{
    private readonly Argument<string> name = new("NAME") { Description = "The pipeline's name; a dot stands between a folder and a name" };
    private readonly Option<bool> overwrite = new("--overwrite") { Description = "Replace the pipeline if it exists" };

    public NewCommand(CommonOptions common)
        : base(common, "new", "Make a pipeline that runs as it is, to be changed into your own")
    {
        Add(name);
        Add(overwrite);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("pipeline new hello", "write conf/pipelines/hello.yml and pipelines/hello.cs"),
        new("pipeline new etl.orders --overwrite", "begin again with pipelines/etl/orders.cs"),
    ];

    public override string FailsWhen => "it exists already, or cannot be written";

    protected override Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        project.CreatePipeline(pipeline, context.Parse.GetValue(overwrite));
        var file = Path.GetRelativePath(context.Host.CurrentDirectory, project.PipelineFile(pipeline)!);
        context.Output.Text($"Made pipeline '{pipeline}': its functions are in {file}.");
        context.Output.Text($"Next: flowerpower pipeline run {pipeline}");
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("name", pipeline);
            json.WriteString("file", project.PipelineFile(pipeline));
            json.WriteEndObject();
        });
        return Task.FromResult(ExitCodes.Done);
    }
}
