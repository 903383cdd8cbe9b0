namespace FlowerPower.Actors.TestKit;

/// <summary>Runs a whole system on the calling thread, in an order that only a seed decides.</summary>
/// <remarks>
/// What handlers await comes back through this dispatcher's <see cref="SynchronizationContext"/>, so it is part of the schedule too;
/// <c>ConfigureAwait(false)</c> and <c>Task.Run</c> leave it. Anything may be scheduled from any thread, but a run only repeats if
/// everything comes from the system itself, the test's thread and a <see cref="ManualTime"/>.
/// </remarks>
public sealed class DeterministicDispatcher : IDispatcher
{
    private readonly Lock gate = new();
    private readonly List<IThreadPoolWorkItem> runnable = [];
    private readonly Random random;
    private readonly SynchronizationContext context;
    private bool isRunning;

    /// <summary>A dispatcher with its own chance.</summary>
    /// <param name="seed">The same seed gives the same order.</param>
    public DeterministicDispatcher(int seed)
    {
        Seed = seed;
        random = new Random(seed);
        context = new Context(this);
    }

    /// <summary>What decides the order; print it when a run fails.</summary>
    public int Seed { get; }

    /// <summary>Turns and continuations run so far.</summary>
    public long Steps { get; private set; }

    /// <inheritdoc/>
    public void Schedule(IThreadPoolWorkItem work)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (gate)
        {
            runnable.Add(work);
        }
    }

    /// <summary>Runs one of the runnable turns.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a turn, or from two threads.</exception>
    public bool Step()
    {
        IThreadPoolWorkItem next;
        lock (gate)
        {
            if (isRunning)
            {
                throw new InvalidOperationException(
                    "The deterministic dispatcher is already running; step it from one thread, outside of turns.");
            }

            if (runnable.Count == 0)
            {
                return false;
            }

            var pick = random.Next(runnable.Count);
            next = runnable[pick];
            runnable[pick] = runnable[^1];
            runnable.RemoveAt(runnable.Count - 1);
            isRunning = true;
        }

        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            Steps++;
            next.Execute();
            return true;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            lock (gate)
            {
                isRunning = false;
            }
        }
    }

    /// <summary>Runs until nothing is runnable.</summary>
    /// <param name="maxSteps">The most steps to run; 1 or more.</param>
    /// <exception cref="InvalidOperationException">The system was still busy after <paramref name="maxSteps"/>.</exception>
    public void RunUntilIdle(int maxSteps = 10_000_000)
    {
        for (var step = 0; step < maxSteps; step++)
        {
            if (!Step())
            {
                return;
            }
        }

        throw new InvalidOperationException(
            $"Seed {Seed}: still busy after {maxSteps} steps; actors that tell each other for ever never become idle.");
    }

    /// <summary>Advances a clock timer by timer, running until idle before each and at the end.</summary>
    /// <param name="by">Zero or more.</param>
    public void RunFor(ManualTime time, TimeSpan by)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = time.GetUtcNow() + by;
        do
        {
            RunUntilIdle();
        }
        while (time.FireNext(end));

        time.Advance(end - time.GetUtcNow());
        RunUntilIdle();
    }

    private sealed class Context(DeterministicDispatcher owner) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => owner.Schedule(new Posted(d, state));

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class Posted(SendOrPostCallback callback, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => callback(state);
    }
}
