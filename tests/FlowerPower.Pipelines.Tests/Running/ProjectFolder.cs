namespace FlowerPower.Pipelines.Tests.Running;

/// <summary>A project of a test's own, in a folder that goes with it, without the process's environment.</summary>
internal sealed class ProjectFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2); // the compiler on a busy machine takes its time
    private readonly Dictionary<string, string?> environment = [];

    public ProjectFolder()
    {
        Write("conf/project.yml", "name: test\n");
        Project = Load();
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("flowerpower-run-").FullName;

    public FlowerPowerProject Project { get; private set; }

    public Heard Observer { get; } = new();

    /// <summary>Writes a file, its folders included.</summary>
    public void Write(string path, string content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>Writes a pipeline of one class.</summary>
    public void WritePipeline(string name, string methods, string? yaml = null)
    {
        Write($"pipelines/{name}.cs", $"public static class Nodes\n{{\n{methods}\n}}\n");
        if (yaml is not null)
        {
            Write($"conf/pipelines/{name}.yml", yaml);
        }
    }

    /// <summary>Sets an environment variable of the project and loads it anew.</summary>
    public void SetVariable(string name, string value)
    {
        environment[name] = value;
        Project = Load();
    }

    /// <summary>Runs a pipeline; one that never ends is a failed test, not one that hangs.</summary>
    public Task<IReadOnlyDictionary<string, object?>> RunAsync(string name, RunConfig? call = null, CancellationToken ct = default) =>
        Project.RunAsync(name, call, Observer, ct).WaitAsync(Patience, CancellationToken.None);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private FlowerPowerProject Load() => FlowerPowerProject.Load(Root, new ProjectOptions { Environment = environment });
}

/// <summary>What an observer was told, in order.</summary>
internal sealed class Heard : IPipelineObserver
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    public IReadOnlyList<string> Warnings => [.. Lines.Where(line => line.StartsWith("warned ", StringComparison.Ordinal))];

    public void Started(int total) => Add($"started {total}");

    public void NodeStarted(string node) => Add($"begin {node}");

    public void NodeFinished(string node, TimeSpan took) => Add($"end {node}");

    public void Warned(string node, string message) => Add($"warned {node}: {message}");

    private void Add(string line)
    {
        lock (lines)
        {
            lines.Add(line);
        }
    }
}
