namespace FlowerPower.Pipelines.Tests.Projects;

/// <summary>A project in a folder of its own, which goes with the test; its environment is only what the test sets.</summary>
public sealed class ProjectFixture : IDisposable
{
    public ProjectFixture() => Directory.CreateDirectory(Path.Combine(Root, "conf"));

    public string Root { get; } = Directory.CreateTempSubdirectory("flowerpower-").FullName;

    public Dictionary<string, string?> Environment { get; } = [];

    public ProjectFixture Set(string variable, string value)
    {
        Environment[variable] = value;
        return this;
    }

    public ProjectFixture Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public FlowerPowerProject Load(bool strict = false) => FlowerPowerProject.Load(Root, Options(strict));

    public ProjectOptions Options(bool strict = false) => new() { Environment = Environment, Strict = strict };

    /// <summary>What a pipeline with this YAML is.</summary>
    public PipelineConfig Pipeline(string yaml, string name = "p") => Write($"conf/pipelines/{name}.yml", yaml).Load().LoadPipelineConfig(name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
