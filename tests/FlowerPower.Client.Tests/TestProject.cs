using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

/// <summary>A project folder of its own, with pipelines from this assembly.</summary>
internal sealed class TestProject : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fp-client-").FullName;

    public TestProject()
    {
        FlowerPowerProject.Create(Path.Combine(folder, "shop"), "shop");
        Project = Load();
    }

    public FlowerPowerProject Project { get; }

    /// <summary>The same folder as another process would see it.</summary>
    public FlowerPowerProject Load()
    {
        var project = FlowerPowerProject.Load(Path.Combine(folder, "shop"));
        project.RegisterPipeline("sum", typeof(SumPipeline));
        project.RegisterPipeline("broken", typeof(BrokenPipeline));
        return project;
    }

    /// <summary>The pipeline's YAML.</summary>
    public void Configure(string pipeline, string yaml) =>
        File.WriteAllText(Path.Combine(Project.ConfigFolder, "pipelines", pipeline + ".yml"), yaml);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

/// <summary>Adds up, and says from which numbers.</summary>
public static class SumPipeline
{
    public static double Total(double[] numbers) => numbers.Sum();

    public static double Mean(double total, double[] numbers) => total / numbers.Length;
}

/// <summary>Fails as a pipeline does whose data are bad.</summary>
public static class BrokenPipeline
{
    public static int Rows() => throw new InvalidDataException("row 7 has no date");
}
