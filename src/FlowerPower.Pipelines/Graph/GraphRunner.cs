namespace FlowerPower.Pipelines;

/// <summary>How a plan is run.</summary>
public sealed record GraphRunOptions
{
    /// <summary>How many functions may be under way at once, awaiting ones included; 1 or more. The number of processors unless set.</summary>
    public int MaxWorkers { get; init; } = Environment.ProcessorCount;

    /// <summary>Who watches the run; null: nobody.</summary>
    public IPipelineObserver? Observer { get; init; }

    /// <summary>What functions get that take a <see cref="JobContext"/>; null: an <see cref="InProcessJobContext"/> of this run's own.</summary>
    public JobContext? Job { get; init; }

    /// <summary>
    /// After a failure or a cancellation, how long functions under way may take to notice their token; zero or more. Those that do not are left
    /// behind and the run ends, as no thread can be stopped from outside. One second unless set.
    /// </summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock for <see cref="StopGrace"/> and for the durations told to the observer.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Runs plans in this process: each node once, at the same time where the graph allows it.</summary>
public sealed class GraphRunner
{
    /// <summary>Runs a plan on the thread pool.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">How many at a time, and who watches.</param>
    /// <param name="cancellationToken">Ends the run; given to the functions that take a token.</param>
    /// <returns>The plan's final variables by name; empty if it has none.</returns>
    /// <exception cref="NodeFailedException">A node failed; the first failure ends the run.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before all nodes had their values.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public Task<IReadOnlyDictionary<string, object?>> RunAsync(ExecutionPlan plan, GraphRunOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWorkers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StopGrace, TimeSpan.Zero);
        return new GraphRun(plan, options).RunAsync(cancellationToken);
    }
}
