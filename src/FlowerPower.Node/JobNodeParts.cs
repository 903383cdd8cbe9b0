using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>What a node's actors know of each other: filled once while the node starts, before any of them gets a message.</summary>
internal sealed class JobNodeParts(ActorSystem system, NodeOptions options, WorkerId workerId, int shardCount)
{
    private readonly TaskCompletionSource[] serving =
        [.. Enumerable.Range(0, shardCount).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];

    private readonly string?[] startProblems = new string?[shardCount];

    /// <summary>Their home.</summary>
    public ActorSystem System { get; } = system;

    public NodeOptions Options { get; } = options;

    /// <summary>
    /// The node runs on a dispatcher of a test's. What its callers wait for then goes on where they are, because the pool's threads have an order
    /// of their own; in life it must not, because a caller's thread may be one that it blocks.
    /// </summary>
    public bool IsSimulated => Options.Dispatcher is not null;

    /// <summary>What the worker's slots may take.</summary>
    public WorkScope Scope { get; } = new(options.WorkerSlots);

    /// <summary>This incarnation's worker.</summary>
    public WorkerId WorkerId { get; } = workerId;

    /// <summary>Who hears of attempts that have ended.</summary>
    public AttemptReports Reports { get; set; } = AttemptReports.ToNobody;

    /// <summary>Which former workers stopped in order.</summary>
    public StopNotes Notes { get; init; } = new(folder: null, workerId);

    /// <summary>The journals of the shards that serve; <see langword="null"/> where one is starting or stopped.</summary>
    public ShardJournal?[] Journals { get; } = new ShardJournal?[shardCount];

    /// <summary>The unfinished jobs of each shard; of one that is away, as it last knew them. <see langword="null"/>: it has not served yet.</summary>
    public LiveJobs?[] Live { get; } = new LiveJobs?[shardCount];

    /// <summary>Why the store does not take what is to be written, while that is tried again; <see langword="null"/>: it takes it.</summary>
    public string? StoreProblem => Array.Find(Journals, journal => journal?.StoreProblem is not null)?.StoreProblem;

    /// <summary>What this node knew of a shard whose store had forgotten some of it, until the shard has been read again.</summary>
    public ShardMemory?[] Memories { get; } = new ShardMemory?[shardCount];

    /// <summary>The claims under which this node holds, held, or tried to hold each shard.</summary>
    public HashSet<ClaimId>[] Claims { get; } = [.. Enumerable.Range(0, shardCount).Select(_ => new HashSet<ClaimId>())];

    /// <summary>This node has served the shard, now or before.</summary>
    public bool HasServed(int shard) => serving[shard].Task.IsCompletedSuccessfully;

    /// <summary>Done when the shard serves for the first time; fails with its first reason if it cannot be recovered at all.</summary>
    public Task ServingAsync(int shard, CancellationToken cancellationToken) => serving[shard].Task.WaitAsync(cancellationToken);

    /// <summary>The shard serves.</summary>
    public void Serves(int shard, ShardJournal journal)
    {
        Live[shard] = journal.Live;
        Journals[shard] = journal;
        serving[shard].TrySetResult();
        Peers.Serves(shard);
        if (Interlocked.Exchange(ref startProblems[shard], null) is not null)
        {
            Warn($"Shard {shard} serves again.");
        }
    }

    /// <summary>The shard has failed or stops: what the broker knows of its jobs is void. Only the first call for a journal counts.</summary>
    public void ServesNoMore(int shard, ShardJournal journal)
    {
        if (Interlocked.CompareExchange(ref Journals[shard], null, journal) == journal)
        {
            Broker.Tell(new ShardStopped(shard));
            Peers.ServesNoMore(shard);
        }
    }

    /// <summary>The shard could not start. Before it has served once, this ends the node's start; later it is said once for each reason.</summary>
    public void CannotServe(int shard, Exception reason)
    {
        if (Peers.AreThere && reason is OperationCanceledException)
        {
            return; // it was told to stop
        }

        if ((Peers.AreThere || !serving[shard].TrySetException(reason)) && Interlocked.Exchange(ref startProblems[shard], reason.Message) != reason.Message)
        {
            Warn($"Shard {shard} cannot start: {reason.Message}");
        }
    }

    /// <summary>Does the job's shard serve? What is told to it otherwise waits, or is dropped.</summary>
    public bool IsServed(JobId id) => Journals[ShardKey.Of(id.Value, Journals.Length)] is not null;

    /// <summary>What jobs refused.</summary>
    public Refusals Refusals { get; } = new(options.Time);

    /// <summary>Who watches all jobs.</summary>
    public JobChanges Changes { get; } = new(options.Time);

    /// <summary>Tell the operator. A handler that throws harms nobody but itself.</summary>
    public void Warn(string text) => Tell(new NodeNotice(text));

    /// <summary>Tell the operator of what nothing else tells any more.</summary>
    public void Record(string text) => Tell(new NodeNotice(text) { IsRecord = true });

    private void Tell(NodeNotice notice)
    {
        try
        {
            Options.OnNotice?.Invoke(notice);
        }
        catch (Exception error)
        {
            System.Events.Publish(error);
        }
    }

    /// <summary>Cancelled when the node stops: nobody who waits will be told any more.</summary>
    public CancellationTokenSource Stopped { get; } = new();

    /// <summary>Ends <see cref="Stopped"/>, and does not wait for what its listeners do then; in a simulation they do it at once.</summary>
    public Task StopWaiting()
    {
        if (!IsSimulated)
        {
            return Stopped.CancelAsync();
        }

        Stopped.Cancel();
        return Task.CompletedTask;
    }

    /// <summary>Runs an attempt beside the actors' turns, because pipelines may block their threads.</summary>
    public void RunBeside(Func<Task> attempt)
    {
        if (Options.Dispatcher is { } dispatcher)
        {
            dispatcher.Schedule(new Turn(attempt));
        }
        else
        {
            _ = Task.Run(attempt);
        }
    }

    /// <summary>Done when every part is filled in: a shard that recovered earlier would offer its jobs to nobody.</summary>
    public TaskCompletionSource Complete { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Hands waiting jobs to worker slots.</summary>
    public ActorRef Broker { get; set; } = ActorRef.Nobody;

    /// <summary>Runs attempts.</summary>
    public ActorRef Worker { get; set; } = ActorRef.Nobody;

    /// <summary>Shards that are read at once when a node of a cluster takes over many.</summary>
    public SemaphoreSlim Recoveries { get; } = new(16, 16);

    /// <summary>The jobs.</summary>
    public IShardRegion Jobs { get; set; } = null!;

    /// <summary>All jobs, also those of other nodes.</summary>
    public IJobQueue AllJobs { get; set; } = null!;

    /// <summary>Brings jobs' mail to jobs, also to those of other nodes.</summary>
    public IJobMailbox Mailbox { get; set; } = null!;

    /// <summary>A queue's settings as they are stored: read from the store, because the gate's owner may just have died, and the queue's other jobs need not wait for the next one.</summary>
    public Func<string, CancellationToken, ValueTask<QueueSettings>> SettingsOf { get; set; } = (_, _) => ValueTask.FromResult(QueueSettings.Plain);

    /// <summary>Brings mail to queues' gates, also to those of other nodes.</summary>
    public IQueueMailbox Queues { get; set; } = null!;

    /// <summary>The other nodes; none unless it is set.</summary>
    public INodePeers Peers
    {
        get => field ??= new NoPeers(this);
        set;
    }

    /// <summary>Whether shards, brokers and workers may be on other nodes.</summary>
    public bool IsCluster => Peers.AreThere;

    /// <summary>This node's worker, and those of other nodes that can be reached now.</summary>
    public IEnumerable<ActorRef> Workers() => Peers.Workers.Prepend(Worker);

    /// <summary>A worker that is not dead; <see langword="null"/> if nobody knows it.</summary>
    public ActorRef? FindWorker(WorkerId id) => id == WorkerId ? Worker : Peers.FindWorker(id);

    private sealed class Turn(Func<Task> attempt) : IThreadPoolWorkItem
    {
        public void Execute() => _ = attempt();
    }
}
