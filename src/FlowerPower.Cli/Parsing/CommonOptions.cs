using System.CommandLine;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that every command has.</summary>
internal sealed class CommonOptions(CliHost host)
{
    public CliHost Host { get; } = host;

    public Option<string?> Project { get; } = new("--project", "-p")
    {
        Description = "The project's folder. Default: the nearest folder upwards that has conf/",
        HelpName = "PATH",
        Recursive = true,
    };

    public Option<string?> Format { get; } = Choices.Option(
        "--output", "How the result is printed; json is one document and nothing else on standard output. Default: text", "text", "json");

    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Show stack traces with errors", Recursive = true };

    /// <summary>Of <c>queue</c> and all below it.</summary>
    public Option<string?> Redis { get; } = new("--redis")
    {
        Description = "The Redis that keeps the jobs: redis://[:PASSWORD@]HOST[:PORT][/DB][?name=NAME]. Default: the project's, else SQLite",
        HelpName = "URL",
        Recursive = true,
    };

    /// <summary>Of <c>queue</c> and <c>cluster</c>, and all below them.</summary>
    public ClusterOptions Cluster { get; } = new();

    /// <summary>Gives them to a command and all below it.</summary>
    public void AddTo(Command root)
    {
        Format.Recursive = true;
        root.Add(Project);
        root.Add(Format);
        root.Add(Verbose);
    }
}
