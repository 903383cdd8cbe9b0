using System.CommandLine;
using FlowerPower.Cli.Parsing;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands;

/// <summary><c>init</c>: makes a project.</summary>
internal sealed class InitCommand : ToolCommand
{
    private readonly Argument<string?> path = new("PATH")
    {
        Description = "The project's folder, which is made if it is missing. Default: the current folder",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> name = new("--name") { Description = "The project's name. Default: the folder's", HelpName = "NAME" };

    public InitCommand(CommonOptions common)
        : base(common, "init", "Make a project: a folder with conf/ and pipelines/")
    {
        Add(path);
        Add(name);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("init", "make the current folder a project"),
        new("init shop --name web-shop", "make the folder shop, and a project of another name in it"),
    ];

    public override string FailsWhen => "the folder is a project already, or cannot be written";

    protected override Task<int> RunAsync(CommandContext context)
    {
        var folder = Path.GetFullPath(context.Parse.GetValue(path) ?? ".", context.Host.CurrentDirectory);
        var project = FlowerPowerProject.Create(folder, context.Parse.GetValue(name));
        var there = Path.GetRelativePath(context.Host.CurrentDirectory, project.Root);
        context.Output.Text($"Made project '{project.Name}' in {project.Root}.");
        context.Output.Text($"Next: {(there == "." ? "" : $"cd {there} && ")}flowerpower pipeline new hello && flowerpower queue run hello");
        context.Output.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("name", project.Name);
            json.WriteString("path", project.Root);
            json.WriteEndObject();
        });
        return Task.FromResult(ExitCodes.Done);
    }
}
