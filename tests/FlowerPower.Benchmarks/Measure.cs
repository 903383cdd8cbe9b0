namespace FlowerPower.Benchmarks;

/// <summary>One figure: its name, its unit, and how to take it once.</summary>
/// <param name="Runs">How often it is taken, after one run that does not count; 1: once, without such a run, because it takes minutes.</param>
internal sealed record Measure(string Name, string Unit, Func<Task<double>> TakeAsync, int Runs = 5)
{
    /// <summary>A figure as other suites state it.</summary>
    public static Measure Of((string Name, string Unit, Func<Task<double>> Take) figure) => new(figure.Name, figure.Unit, figure.Take);
}
