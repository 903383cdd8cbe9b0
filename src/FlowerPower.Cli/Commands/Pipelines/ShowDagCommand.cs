using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands.Pipelines;

/// <summary><c>pipeline show-dag</c>: draws a pipeline's graph.</summary>
internal sealed class ShowDagCommand : ToolCommand
{
    private readonly Argument<string> name;

    private readonly Option<string?> format = Choices.Option(
        "--format", "What kind of picture. Default: by the ending of --save, else text", "text", "mermaid", "dot", "svg");

    private readonly Option<string?> save = new("--save") { Description = "Write it into this file instead of printing it", HelpName = "FILE" };

    private readonly Option<Dictionary<string, object?>?> config = NamedValues.Any(
        "--config", "What shapes the graph: a JSON object, or name=value as often as needed");

    private readonly Option<string[]?> finalVars = new("--final-vars", "-o")
    {
        Description = "Only what these nodes need, separated by commas. Default: the whole graph",
        HelpName = "A,B",
    };

    public ShowDagCommand(CommonOptions common)
        : base(common, "show-dag", "Draw a pipeline's graph")
    {
        name = PipelineArgument("The pipeline");
        Add(format);
        Add(save);
        Add(config);
        Add(finalVars);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("pipeline show-dag hello", "a tree in the terminal"),
        new("pipeline show-dag hello --save hello.svg", "a file that any browser shows"),
        new("pipeline show-dag hello --format mermaid -o greeting", "what one node needs, for a Markdown page"),
    ];

    public override string FailsWhen => "the graph cannot be built, or the file cannot be written";

    protected override Task<int> RunAsync(CommandContext context)
    {
        var project = context.LoadProject();
        var pipeline = context.Parse.GetRequiredValue(name);
        context.WarnOf(project.LoadPipelineConfig(pipeline).Warnings);
        var run = context.Parse.GetValue(config) is { } keys ? new RunConfig().WithConfig(keys) : null;
        var file = context.Parse.GetValue(save);
        var kind = context.Parse.GetValue(format) ?? KindOf(file);
        var wanted = context.Parse.GetValue(finalVars) is { Length: > 0 } lists ? RunOptions.Split(lists) : null;
        var picture = Draw(kind, project.GraphOf(pipeline, run), wanted).TrimEnd('\n');
        if (file is not null)
        {
            var path = Path.GetFullPath(file, context.Host.CurrentDirectory);
            Save(path, picture + "\n");
            context.Output.Text($"Wrote {path}.");
            context.Output.Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("format", kind);
                json.WriteString("file", path);
                json.WriteEndObject();
            });
            return Task.FromResult(ExitCodes.Done);
        }

        context.Output.Text(picture);
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("format", kind);
            json.WriteString("picture", picture);
            json.WriteEndObject();
        });
        return Task.FromResult(ExitCodes.Done);
    }

    private static void Save(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"The picture cannot be written to '{path}': " + error switch
            {
                DirectoryNotFoundException => $"there is no folder '{Path.GetDirectoryName(path)}'; make it, or give --save a file in one that exists.",
                UnauthorizedAccessException when Directory.Exists(path) => "it is a folder; give --save a file in it.",
                UnauthorizedAccessException => "this user may not write there; give --save a file elsewhere.",
                _ => $"{error.Message.Split(" : ")[0].TrimEnd('.')}; give --save a file elsewhere.", // .NET puts the path behind the reason
            });
        }
    }

    private static string KindOf(string? file) => Path.GetExtension(file)?.ToLowerInvariant() switch
    {
        ".svg" => "svg",
        ".dot" or ".gv" => "dot",
        ".mmd" or ".mermaid" => "mermaid",
        _ => "text",
    };

    private static string Draw(string kind, FunctionGraph graph, IReadOnlyList<string>? finalVars) => kind switch
    {
        "mermaid" => GraphPicture.ToMermaid(graph, finalVars),
        "dot" => GraphPicture.ToDot(graph, finalVars),
        "svg" => GraphPicture.ToSvg(graph, finalVars),
        _ => GraphPicture.ToText(graph, finalVars),
    };
}
