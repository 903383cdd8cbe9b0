using System.Text.RegularExpressions;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

/// <summary>The README's application, as it stands there.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task The_application_in_the_readme_runs()
    {
        using var copy = new WeatherCopy();
        var project = FlowerPowerProject.Load(copy.Folder);
        await using var queue = project.JobQueue;

        var id = await queue.EnqueueAsync("weather_report", new RunConfig().WithConfig("units", "imperial"));
        await queue.StartWorkersAsync(2);
        var job = await queue.WaitAsync(id, TimeSpan.FromMinutes(1));
        var result = await queue.ResultAsync(id);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.Equal(2015, result["warmest_year"].GetProperty("Year").GetInt32());
    }

    [Fact]
    public void The_application_in_the_readme_is_the_one_above()
    {
        var readme = File.ReadAllText(Path.Combine(WeatherCopy.Repository(), "README.md"));
        var source = File.ReadAllText(Path.Combine(WeatherCopy.Repository(), "tests", "FlowerPower.Client.Tests", "ReadmeTests.cs"));

        var lines = Sample().Match(readme).Groups[1].Value.Split('\n')
            .Where(line => line.StartsWith("var ", StringComparison.Ordinal) || line.StartsWith("await ", StringComparison.Ordinal))
            .Where(line => !line.Contains("Load(", StringComparison.Ordinal))
            .ToList();

        Assert.Equal(5, lines.Count);
        Assert.All(lines, line => Assert.Contains(line.Trim(), source, StringComparison.Ordinal));
    }

    [GeneratedRegex("```csharp\nusing FlowerPower.Client;(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    /// <summary>The example in a folder of its own, so that no database is left in the repository.</summary>
    private sealed class WeatherCopy : IDisposable
    {
        private readonly string root = Directory.CreateTempSubdirectory("fp-readme-").FullName;

        public WeatherCopy()
        {
            var example = Path.Combine(Repository(), "docs", "examples", "weather");
            foreach (var file in Directory.EnumerateFiles(example, "*", SearchOption.AllDirectories))
            {
                var target = Path.Combine(Folder, Path.GetRelativePath(example, file));
                if (!target.Contains(".flowerpower", StringComparison.Ordinal))
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    File.Copy(file, target);
                }
            }
        }

        public string Folder => Path.Combine(root, "weather");

        public static string Repository()
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "FlowerPower.Actors.sln")))
            {
                folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
            }

            return folder;
        }

        public void Dispose() => Directory.Delete(root, recursive: true);
    }
}
