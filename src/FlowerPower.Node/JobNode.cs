using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>One node: the shards of a store, the broker of their waiting jobs, and a worker, as actors of one process.</summary>
public sealed class JobNode : IAsyncDisposable
{
    /// <summary>However long the store was away: what waits for it looks so often, and goes on so soon after it is back.</summary>
    internal static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A broker, a worker or a job that is given up would be a queue that stands still without a word. They restart with back-off until what
    /// ails them (a store that is away, as a rule) is over.
    /// </summary>
    internal static readonly SupervisionStrategy NeverGiveUp =
        SupervisionStrategy.Default with { MaxRestarts = int.MaxValue, MaxBackoff = LongestBackoff };

    private static readonly TimeSpan ShardStopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Among others the shards have been handed over before, or could not be: what is still here then is not waited for as long again.</summary>
    private static readonly TimeSpan ShardStopTimeoutAmongOthers = TimeSpan.FromSeconds(10);

    /// <summary>A stop waits so long for a store that takes nothing, looking so often: somebody wants the process gone.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StoreLook = TimeSpan.FromMilliseconds(250);

    private readonly ActorSystem system;
    private readonly IShardStore store;
    private readonly JobNodeParts parts;
    private readonly NodeJobQueue queue;
    private readonly Lock gate = new();
    private int appliedSlots;
    private Task? stopping;
    private Task? draining;
    private bool wasWell;
    private bool isAbandoned;

    private JobNode(ActorSystem system, IShardStore store, JobNodeParts parts, NodeJobQueue queue)
    {
        this.system = system;
        this.store = store;
        this.parts = parts;
        appliedSlots = parts.Scope.Slots;
        this.queue = queue;
    }

    /// <summary>The node's jobs.</summary>
    public IJobQueue Queue => queue;

    /// <summary>This incarnation's name.</summary>
    public string Name => parts.WorkerId.Value;

    /// <summary>What nobody received, by reason.</summary>
    public DeadLetters DeadLetters => system.DeadLetters;

    /// <summary>What the node's actors know of each other.</summary>
    internal JobNodeParts Parts => parts;

    /// <summary>Claims and recovers every shard of the store, and begins to serve and to work.</summary>
    /// <param name="store">The node disposes it when it stops.</param>
    /// <param name="executor">Runs attempts; not used if the node has no worker slots.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static async Task<JobNode> StartAsync(
        IShardStore store, IJobExecutor executor, NodeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new NodeOptions();
        var node = Start(store, executor, options, NewIncarnation(options), servesShards: true);
        try
        {
            await node.queue.WaitUntilServingAsync(cancellationToken).ConfigureAwait(node.parts.IsSimulated);
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(node.parts.IsSimulated);
            throw;
        }

        return node;
    }

    /// <summary>A name for a node's life in this process, never used before.</summary>
    internal static WorkerId NewIncarnation(NodeOptions options) =>
        new($"{options.Name}-{Environment.ProcessId}-{options.Chance.NextGuid().ToString("N")[..8]}");

    /// <summary>Begins to serve and to work, among others or alone; the shards may come later.</summary>
    /// <param name="servesShards">Whether any shard will be here: else it needs no broker.</param>
    internal static JobNode Start(
        IShardStore store, IJobExecutor executor, NodeOptions options, WorkerId worker, bool servesShards, Func<JobNodeParts, INodePeers>? peers = null)
    {
        options.Validate();
        var system = new ActorSystem("flowerpower", new ActorSystemOptions
        {
            Time = options.Time,
            Dispatcher = options.Dispatcher,
            Random = new Random(options.Chance.NextGuid().GetHashCode()),
            RootSupervision = NeverGiveUp,
        });
        var gauge = new WorkerGauge();
        var parts = new JobNodeParts(system, options, worker, store.ShardCount) { Notes = new StopNotes(options.NotesFolder, worker) };
        parts.Reports = AttemptReports.To(options.OnAttemptEnded, parts.Warn, options.Time);
        if (peers is not null)
        {
            parts.Peers = peers(parts);
        }

        var queue = new NodeJobQueue(store, parts, gauge);
        (parts.AllJobs, parts.Mailbox, parts.Queues) = (queue, queue, queue);
        parts.SettingsOf = (name, cancellationToken) => QueueNames.ReadSettingsAsync(store, name, cancellationToken);
        var node = new JobNode(system, store, parts, queue);

        // The worker before the broker, which tells it that it is there; the shards wait until both are.
        ReserveThreads(options.WorkerSlots);
        var board = new WorkerBoard(options.WorkerSlots);
        parts.Worker = system.Spawn(Props.Of(() => new WorkerActor(parts, executor, gauge, board)), "worker");
        parts.Jobs = parts.Peers.StartRegion(system, JobShardHost.Region(store, parts));
        if (servesShards)
        {
            parts.Broker = system.Spawn(Props.Of(() => new WorkBrokerActor(parts)), "broker");
        }

        parts.Complete.SetResult();
        return node;
    }

    /// <summary>Jobs that can run at once here, whosever they are.</summary>
    public int WorkerSlots => parts.Scope.WorkerSlots;

    /// <summary>Run this many jobs at once from now on; those beyond it finish.</summary>
    /// <param name="slots">0 to 100,000.</param>
    public void SetWorkerSlots(int slots)
    {
        (parts.Options with { WorkerSlots = slots }).Validate();
        parts.Scope.WorkerSlots = slots;
        ApplyScope();
    }

    /// <summary>
    /// Runs this job here until it has ended, even if the node has no worker slots; jobs that nobody asked it to run it then leaves alone.
    /// With worker slots the job takes its turn at them like any other.
    /// </summary>
    /// <param name="id">A job of this node; one that does not exist is forgotten at once.</param>
    public void RunHere(JobId id)
    {
        if (parts.Scope.Add(id))
        {
            ApplyScope();
            _ = UntilEndedAsync(id);
        }
    }

    /// <summary>Takes no more work, and gives back what runs: its attempts are cancelled, and its jobs wait again, for this or another worker.</summary>
    /// <remarks>While <see cref="StopAsync"/> waits for running jobs, this ends its patience.</remarks>
    public void HandBackRunning()
    {
        parts.Scope.Clear();
        SetWorkerSlots(0);
        parts.Worker.Tell(HandBack.Instance);
    }

    /// <summary>Takes no more work, lets running jobs finish for <see cref="NodeOptions.DrainTimeout"/>, hands back the rest, and writes every
    /// shard's records. May be called again: all callers wait for the one stop.</summary>
    public Task StopAsync()
    {
        lock (gate)
        {
            return stopping ??= StopOnceAsync();
        }
    }

    /// <summary>Compare what every shard's owner has in memory with what its store says, because the store may have gone back.</summary>
    internal void CompareHistories()
    {
        foreach (var journal in parts.Journals)
        {
            journal?.Compare();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(parts.IsSimulated);

    private async Task UntilEndedAsync(JobId id)
    {
        try
        {
            await Queue.WaitAsync(id).ConfigureAwait(parts.IsSimulated);
        }
        catch (QueueUnavailableException)
        {
            return; // the node stops
        }

        parts.Scope.Remove(id);
        ApplyScope();
    }

    private void ApplyScope()
    {
        lock (gate)
        {
            if (parts.Scope.Slots is var slots && slots != appliedSlots)
            {
                appliedSlots = slots;
                ReserveThreads(slots);
                parts.Worker.Tell(new SetSlots(slots));
            }
        }

        if (parts.Broker != ActorRef.Nobody)
        {
            parts.Broker.Tell(ScopeChanged.Instance);
        }
    }

    private async Task StopOnceAsync()
    {
        // Every step is taken, whatever became of those before it: a store that stays open would be held against everybody else.
        var failures = new List<Exception>();
        foreach (var step in new Func<Task>[]
        {
            DrainAsync,
            RememberHealth,
            parts.StopWaiting,
            () => parts.Jobs.StopAsync(parts.IsCluster ? ShardStopTimeoutAmongOthers : ShardStopTimeout),
            system.TerminateAsync,
            parts.Reports.CloseAsync,
            NoteStop,
            () => store.DisposeAsync().AsTask(),
        })
        {
            try
            {
                await step().ConfigureAwait(parts.IsSimulated);
            }
            catch (Exception error)
            {
                failures.Add(error);
            }
        }

        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : new AggregateException("The node has stopped, and several things went wrong over it.", failures);
        }
    }

    /// <summary>Before the shards end: later nobody can say it.</summary>
    private Task RememberHealth()
    {
        wasWell = parts.StoreProblem is null && Array.TrueForAll(parts.Journals, journal => journal is not null);
        return Task.CompletedTask;
    }

    /// <summary>While the store is still held: whoever holds it next must find the note.</summary>
    private Task NoteStop()
    {
        parts.Notes.Stop(isAllWritten: wasWell);
        return Task.CompletedTask;
    }

    /// <summary>What runs here is others' already, and nobody takes its outcome: a stop does not wait for it.</summary>
    internal void AbandonRunning() => Volatile.Write(ref isAbandoned, true);

    /// <summary>
    /// Takes no more work, lets running jobs finish for <see cref="NodeOptions.DrainTimeout"/>, and hands back the rest: once, however often it is
    /// called, because what nobody takes over now would be waited for as long again.
    /// </summary>
    internal Task DrainAsync()
    {
        lock (gate)
        {
            return draining ??= DrainOnceAsync();
        }
    }

    private async Task DrainOnceAsync()
    {
        if (Volatile.Read(ref isAbandoned))
        {
            return; // the worker cancels its attempts when it ends
        }

        using var inVain = new CancellationTokenSource();
        var ill = TimeSpan.Zero;
        await using var watch = parts.Options.Time.CreateTimer(
            _ =>
            {
                ill = parts.StoreProblem is null ? TimeSpan.Zero : ill + StoreLook;
                if (ill >= StorePatience)
                {
                    inVain.Cancel();
                }
            },
            null, StoreLook, StoreLook);
        try
        {
            if (await IsDrainedAsync(parts.Options.DrainTimeout, inVain.Token).ConfigureAwait(parts.IsSimulated))
            {
                return;
            }

            parts.Worker.Tell(HandBack.Instance);
            if (await IsDrainedAsync(parts.Options.HandBackTimeout, inVain.Token).ConfigureAwait(parts.IsSimulated))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // A full disk takes neither outcomes nor hand-backs, and somebody wants the process gone.
            parts.Worker.Tell(HandBack.Instance);
        }

        parts.Warn(
            "What became of some attempts was taken by nobody before the stop, neither their outcome nor that they are handed back; their jobs run again when a "
            + "node next serves their shards.");
    }

    private async Task<bool> IsDrainedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout == TimeSpan.Zero)
        {
            parts.Worker.Tell(Drain.Instance);
            return false;
        }

        try
        {
            await parts.Worker.Ask<Drained>(Drain.Instance, timeout, cancellationToken).ConfigureAwait(parts.IsSimulated);
            return true;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    /// <summary>Pipelines may block their threads; the actors' share of the pool must not starve under them.</summary>
    private static void ReserveThreads(int slots)
    {
        ThreadPool.GetMinThreads(out var workers, out var io);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + Math.Min(slots, MostReservedThreads)), io);
    }

    private const int MostReservedThreads = 32;
}
