using System.Text.Json;

namespace FlowerPower.Pipelines.Tests.Examples;

/// <summary>The weather example as it lies in the repository, compiled once into a cache of the tests' own.</summary>
public sealed class WeatherExample : IDisposable
{
    private const string Csv = "data/seattle-weather.csv";
    private readonly string scratch = Directory.CreateTempSubdirectory("flowerpower-weather-").FullName;

    public WeatherExample() => Project = FlowerPowerProject.Load(
        Folder, new ProjectOptions { Environment = new Dictionary<string, string?> { ["FP_CACHE_DIR"] = Path.Combine(scratch, "cache") } });

    public static string Folder { get; } = Path.Combine(RepositoryRoot(), "docs", "examples", "weather");

    public static IReadOnlyList<string> CsvLines { get; } = File.ReadAllLines(Path.Combine(Folder, Csv));

    internal FlowerPowerProject Project { get; }

    /// <summary>Runs the report and gives its results as a job would carry them.</summary>
    public async Task<JsonElement> ReportAsync(RunConfig? call = null, IPipelineObserver? observer = null) =>
        JsonSerializer.Deserialize<JsonElement>(ResultJson.Serialize(await Project.RunAsync("weather_report", call, observer)));

    /// <summary>Runs the report on other lines; some nodes of it if the lines do not suffice for all.</summary>
    public Task<JsonElement> ReportOnAsync(IEnumerable<string> lines, IPipelineObserver? observer = null, params string[] finalVars)
    {
        var file = Path.Combine(scratch, $"{Path.GetRandomFileName()}.csv");
        File.WriteAllLines(file, lines);
        var call = new RunConfig().WithInput("csv_path", file);
        return ReportAsync(finalVars.Length == 0 ? call : call.WithFinalVars(finalVars), observer);
    }

    public void Dispose() => Directory.Delete(scratch, recursive: true);

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FlowerPower.Actors.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of the repository, where the example is not found.");
        }

        return folder;
    }
}
