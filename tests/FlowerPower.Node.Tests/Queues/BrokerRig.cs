using FlowerPower.Actors;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Tests.Queues;

/// <summary>A broker alone, on one thread: a probe stands for the worker, and what it grants is kept.</summary>
internal sealed class BrokerRig
{
    private readonly DeterministicDispatcher dispatcher = new(seed: 1);
    private readonly Grants grants = new();
    private readonly ActorRef broker;
    private readonly JobNodeParts parts;

    public BrokerRig(int workerSlots = 1)
    {
        var system = new ActorSystem("rig", new ActorSystemOptions { Time = Time, Dispatcher = dispatcher, Random = new Random(1) });
        var options = new NodeOptions { WorkerSlots = workerSlots, Time = Time, Chance = NodeChance.Seeded(1) };
        Worker = new TestProbe(system, "worker");
        parts = new JobNodeParts(system, options, new WorkerId("worker-1"), shardCount: 1) { Jobs = grants, Worker = Worker };
        broker = system.Spawn(Props.Of(() => new WorkBrokerActor(parts)), "broker");
        parts.Broker = broker;
        dispatcher.RunUntilIdle();
    }

    public JumpingTime Time { get; } = new();

    public TestProbe Worker { get; }

    /// <summary>The jobs granted so far, in order, each as often as it was.</summary>
    public IReadOnlyList<string> Granted => [.. grants.Told.Select(grant => grant.Job)];

    public void Offer(string id) => Tell(new Offer(new WaitingJob(
        JobId.Parse(id), "default", JobPriority.Medium, Time.GetUtcNow(), DateTimeOffset.MinValue)));

    public void RequestWork(int slots) => Tell(new RequestWork(slots));

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
        broker.Tell(message, Worker);
        dispatcher.RunUntilIdle();
    }

    private sealed class Grants : IShardRegion
    {
        public List<(string Job, GrantAttempt Grant)> Told { get; } = [];

        public string TypeName => "job";

        public int ShardCount => 1;

        public ShardRegionState State => new([]);

        public void Tell(string entityId, object message, ActorRef? sender = null) => Told.Add((entityId, (GrantAttempt)message));

        public Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
            Task.FromException<T>(new InvalidOperationException("A broker asks no job."));

        public Task StopAsync(TimeSpan timeout) => Task.CompletedTask;
    }
}
