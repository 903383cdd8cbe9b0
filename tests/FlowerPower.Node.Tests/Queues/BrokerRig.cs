using FlowerPower.Actors;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Queues;

/// <summary>A broker alone, on one thread: a probe stands for the worker, and what it grants is kept.</summary>
internal sealed class BrokerRig
{
    private const int Shards = 2;

    private readonly DeterministicDispatcher dispatcher = new(seed: 1);
    private readonly Grants grants = new();
    private readonly ActorRef broker;
    private readonly ActorRef worker;
    private readonly JobNodeParts parts;
    private readonly StoreFaultScript faults = new();
    private readonly InMemoryShardStore store;

    public BrokerRig(int workerSlots = 1)
    {
        store = new InMemoryShardStore(Shards, faults);
        var system = new ActorSystem("rig", new ActorSystemOptions { Time = Time, Dispatcher = dispatcher, Random = new Random(1) });
        var options = new NodeOptions { WorkerSlots = workerSlots, Time = Time, Chance = NodeChance.Seeded(1) };
        Worker = new TestProbe(system, "worker");
        worker = system.Spawn(Props.Of(() => new Forwarder(Worker)), "worker");
        parts = new JobNodeParts(system, options, new WorkerId("worker-1"), Shards) { Jobs = grants, Worker = worker };
        for (var shard = 0; shard < Shards; shard++)
        {
            Serve(shard);
        }

        broker = system.Spawn(Props.Of(() => new WorkBrokerActor(parts)), "broker");
        parts.Broker = broker;
        dispatcher.RunUntilIdle();
    }

    public JumpingTime Time { get; } = new();

    public TestProbe Worker { get; }

    /// <summary>The jobs granted so far, in order, each as often as it was.</summary>
    public IReadOnlyList<string> Granted => [.. grants.Told.Select(grant => grant.Job)];

    public GrantAttempt LastGrant => grants.Told[^1].Grant;

    public void Offer(string id) => Tell(new Offer(new WaitingJob(
        JobId.Parse(id), "default", JobPriority.Medium, Time.GetUtcNow(), DateTimeOffset.MinValue)));

    /// <summary>An id of a shard, told from others by a name.</summary>
    public static string IdIn(int shard, string name) =>
        Enumerable.Range(0, 1_000).Select(i => $"{name}-{i}").First(id => ShardKey.Of(id, Shards) == shard);

    /// <summary>The shard serves from now on, with a journal of its own.</summary>
    public ShardJournal Serve(int shard)
    {
        var me = new ShardOwner("worker-1", new ClaimId(parts.Options.Chance.NextGuid()));
        var journal = new ShardJournal(store, shard, me, replaced: null, parts, onLost: _ => { });
        parts.Serves(shard, journal);
        return journal;
    }

    /// <summary>The shard fails or stops.</summary>
    public void Stop(int shard)
    {
        parts.ServesNoMore(shard, parts.Journals[shard]!);
        dispatcher.RunUntilIdle();
    }

    /// <summary>Make the store refuse what the shard writes until it is called with <see langword="false"/>.</summary>
    public async Task AilAsync(int shard, bool isIll)
    {
        if (isIll)
        {
            faults.FailNext(StoreStep.BeforeWrite, StoreOperation.Append, shard, times: 1_000);
            parts.Journals[shard]!.Compare();
            Assert.NotNull(parts.StoreProblem);
            return;
        }

        faults.Clear();
        Time.Steady.Advance(TimeSpan.FromSeconds(1));
        await parts.Journals[shard]!.CheckpointAsync().Within("the write");
        Assert.Null(parts.StoreProblem);
    }

    public void RequestWork(int slots) => Tell(new RequestWork(slots, new WorkerOffer(parts.WorkerId, parts.Options.Queues)));

    public void Withdraw(string id) => Tell(new Withdraw(JobId.Parse(id)));

    public void Retract() => Tell(RetractWork.Instance);

    /// <summary>The job answers its latest grant.</summary>
    public void Answer(string id, bool started)
    {
        var start = grants.Told.Last(grant => grant.Job == id).Grant.Start;
        Tell(new GrantOutcome(start.Grant, started));
    }

    public void Advance(TimeSpan by) => dispatcher.RunFor(Time.Steady, by);

    private void Tell(object message)
    {
        broker.Tell(message, worker);
        dispatcher.RunUntilIdle();
    }

    private sealed class Grants : IShardRegion
    {
        public List<(string Job, GrantAttempt Grant)> Told { get; } = [];

        public string TypeName => "job";

        public int ShardCount => Shards;

        public ShardRegionState State => new([]);

        public void Tell(string entityId, object message, ActorRef? sender = null) => Told.Add((entityId, (GrantAttempt)message));

        public Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
            Task.FromException<T>(new InvalidOperationException("A broker asks no job."));

        public Task StopAsync(TimeSpan timeout) => Task.CompletedTask;
    }
}
