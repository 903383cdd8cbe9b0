using FlowerPower.Actors;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>A node's shards and its broker on one thread and a clock that the test moves; a probe stands for the worker.</summary>
internal sealed class ShardRig
{
    private readonly DeterministicDispatcher dispatcher = new(seed: 1);

    public ShardRig(int shards = 1, InMemoryShardStore? store = null, string worker = "worker-1", INodePeers? peers = null, TimeSpan? repairWindow = null)
    {
        Store = store ?? new InMemoryShardStore(shards, Faults);
        System = new ActorSystem("rig", new ActorSystemOptions { Time = Time, Dispatcher = dispatcher, Random = new Random(1) });
        var options = new NodeOptions
        {
            Name = "the-machine",
            WorkerSlots = 1,
            Time = Time,
            RepairWindow = repairWindow ?? TimeSpan.Zero,
            Chance = NodeChance.Seeded(worker.Sum(letter => letter)), // two nodes must not have the same claims and grants
            OnNotice = notice => Notices.Add(notice.Text),
        };
        Worker = new TestProbe(System, "worker");
        Parts = new JobNodeParts(System, options, new WorkerId(worker), Store.ShardCount)
        {
            Worker = System.Spawn(Props.Of(() => new Forwarder(Worker)), "worker"),
        };
        if (peers is not null)
        {
            Parts.Peers = peers;
        }

        Parts.Jobs = LocalShardRegion.Start(System, JobShardHost.Region(Store, Parts));
        Parts.Broker = System.Spawn(Props.Of(() => new WorkBrokerActor(Parts)), "broker");
        Parts.Complete.SetResult();
        dispatcher.RunUntilIdle();
    }

    public ManualTime Time { get; } = new();

    public StoreFaultScript Faults { get; } = new();

    public InMemoryShardStore Store { get; }

    public ActorSystem System { get; }

    public JobNodeParts Parts { get; }

    public TestProbe Worker { get; }

    public List<string> Notices { get; } = [];

    public ShardPhase Phase(int shard) => Parts.Jobs.State.Shards[shard].Phase;

    public void RequestWork(int slots, string? worker = null)
    {
        Parts.Broker.Tell(new RequestWork(slots, new WorkerOffer(worker is null ? Parts.WorkerId : new WorkerId(worker), null)), Parts.Worker);
        dispatcher.RunUntilIdle();
    }

    /// <summary>What came of it so far; empty: no answer.</summary>
    public List<object> Ask(string id, object message)
    {
        List<object> answers = [];
        Parts.Jobs.Tell(id, message, System.Callback("asker", answers.Add));
        dispatcher.RunUntilIdle();
        return answers;
    }

    public List<object> Enqueue(string id, Func<JobSpec, JobSpec>? change = null)
    {
        var spec = TestNode.NewSpec("echo", id);
        return Ask(id, new JobCommand.Enqueue(change?.Invoke(spec) ?? spec, Time.GetUtcNow(), new RequestId(1)));
    }

    public void Advance(TimeSpan by) => dispatcher.RunFor(Time, by);
}
