using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowerPower.Benchmarks;

/// <summary>Takes the figures of a suite and prints them: the median of some runs, with the least and the greatest.</summary>
internal static class BenchmarkRunner
{
    private const string Usage =
        """
        dotnet run -c Release --project tests/FlowerPower.Benchmarks -- SUITE [--json] [--only WORD] [--runs N]

          SUITE        {0}
          --json       one JSON object a line: name, value (the median), unit, min, max, runs
          --only WORD  only figures whose names contain WORD
          --runs N     take every figure N times (1 to 100); those that take minutes are taken once
          --count N    of the suite 'waiting': so many jobs; 10000 by default
        """;

    public static async Task<int> RunAsync(string[] args, IReadOnlyDictionary<string, IReadOnlyList<Measure>> suites)
    {
        if (args is not [var suite, ..] || !suites.TryGetValue(suite, out var measures))
        {
            Console.Error.WriteLine(Usage, string.Join(" | ", suites.Keys));
            return 2;
        }

        var json = args.Contains("--json");
        var only = Option(args, "--only");
        var runs = Option(args, "--runs") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        if (!json)
        {
            Console.WriteLine($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}");
            Console.WriteLine($"{"figure",-44} {"median",14} {"min",14} {"max",14}  {"unit",-10} runs");
        }

        foreach (var measure in measures.Where(m => only is null || m.Name.Contains(only, StringComparison.Ordinal)))
        {
            var values = await TakeAsync(measure, measure.Runs > 1 ? runs ?? measure.Runs : 1);
            Print(measure, values, json);
        }

        return 0;
    }

    private static async Task<double[]> TakeAsync(Measure measure, int runs)
    {
        if (measure.Runs > 1)
        {
            await measure.TakeAsync(); // compiles what runs often, opens what is cached
        }

        var values = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            GC.Collect();
            values[i] = await measure.TakeAsync();
        }

        Array.Sort(values);
        return values;
    }

    private static void Print(Measure measure, double[] sorted, bool json)
    {
        var median = sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                name = measure.Name,
                value = Math.Round(median, 4),
                unit = measure.Unit,
                min = Math.Round(sorted[0], 4),
                max = Math.Round(sorted[^1], 4),
                runs = sorted.Length,
            }));
            return;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{measure.Name,-44} {Short(median),14} {Short(sorted[0]),14} {Short(sorted[^1]),14}  {measure.Unit,-10} {sorted.Length}"));
    }

    private static string Short(double value) =>
        value >= 1000 ? value.ToString("N0", CultureInfo.InvariantCulture) : value.ToString("G4", CultureInfo.InvariantCulture);

    private static string? Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
