using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;

namespace FlowerPower.Cli.Commands.Pipelines;

/// <summary><c>pipeline list</c>: which pipelines the project has.</summary>
internal sealed class ListPipelinesCommand(CommonOptions common) : ToolCommand(common, "list", "List the project's pipelines")
{
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("pipeline list", "the pipelines of the project around the current folder"),
        new("pipeline list --project docs/examples/weather --output json", "those of another project, for a script"),
    ];

    protected override Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipelines = project.PipelineNames.Select(name => (Name: name, File: project.PipelineFile(name))).ToList();
        if (pipelines.Count == 0)
        {
            context.Output.Text($"Project '{project.Name}' has no pipelines yet: flowerpower pipeline new hello");
        }
        else
        {
            var table = new TextTable("PIPELINE", "CODE");
            foreach (var (name, file) in pipelines)
            {
                table.Add(name, file is null ? "(none: only a YAML file)" : Path.GetRelativePath(project.Root, file));
            }

            context.Output.Table(table);
        }

        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("project", project.Name);
            json.WriteStartArray("pipelines");
            foreach (var (name, file) in pipelines)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("file", file);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
        return Task.FromResult(ExitCodes.Done);
    }
}
