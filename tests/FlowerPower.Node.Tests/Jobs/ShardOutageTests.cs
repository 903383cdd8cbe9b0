using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Tests.Queues;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

/// <summary>A store that is away, or breaks, while its shards serve: who waits is served soon after it is back, and nothing is lost meanwhile.</summary>
public sealed class ShardOutageTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_job_whose_record_could_not_be_read_answers_all_that_was_asked_soon_after_the_store_is_back()
    {
        var (store, faults) = StoreWithACancelledJob();
        var rig = new ShardRig(store: store, worker: "worker-2");
        Away(faults, StoreOperation.Read);

        var asked = Enumerable.Range(0, 5).Select(_ => rig.Ask("job", QueryJob.Instance)).ToList();
        rig.Advance(Outage);
        Assert.All(asked, Assert.Empty);
        faults.Clear();
        rig.Advance(1.5 * Second);

        Assert.All(asked, answers => Assert.Equal(JobStatus.Cancelled, ((JobState.Finished)Assert.IsType<JobReply>(Assert.Single(answers)).State).Outcome));
        Assert.Equal(0, rig.System.DeadLetters.Total);
    }

    [Fact]
    public void A_shard_that_could_not_be_read_again_serves_soon_after_the_store_is_back()
    {
        var rig = new ShardRig();
        rig.Enqueue("job");
        Break(rig);

        var asked = rig.Ask("job", QueryJob.Instance);
        rig.Advance(Outage);
        Assert.Empty(asked);
        Assert.Single(rig.Notices, notice => notice.Contains("cannot start", StringComparison.Ordinal));
        rig.Faults.Clear();
        rig.Advance(1.5 * Second);

        Assert.IsType<JobState.Waiting>(Assert.IsType<JobReply>(Assert.Single(asked)).State);
        Assert.Contains("Shard 0 serves again.", rig.Notices);
    }

    [Fact]
    public async Task A_job_whose_start_broke_its_shard_runs_once_when_the_shard_is_back()
    {
        var rig = new ShardRig();
        rig.Enqueue("job");
        Away(rig.Faults, StoreOperation.Append, () => new StoreCorruptException("torn page"));
        Away(rig.Faults, StoreOperation.Read);
        rig.RequestWork(1); // the start cannot be stored, and the shard fails
        rig.Advance(Second);
        Assert.Null(rig.Parts.Journals[0]);

        rig.Faults.Clear();
        rig.Advance(2 * Second);

        await rig.Worker.ExpectMsg<BrokerStarted>();
        Assert.Equal(1, (await rig.Worker.ExpectMsg<RunAttempt>()).Attempt.InAll);
        rig.Worker.ExpectNoMsg();
        Assert.Equal(0, rig.System.DeadLetters.Count(DeadLetterReason.Unhandled));
    }

    [Fact]
    public void A_grant_that_waited_until_its_shard_was_read_again_starts_nothing()
    {
        var rig = new ShardRig();
        rig.Enqueue("job");
        var before = rig.Parts.Journals[0]!;
        Break(rig);
        var answers = rig.Ask("job", new GrantAttempt(new JobCommand.Start(new GrantId("late"), new WorkerId("worker-1")), ActorRef.Nobody, before));
        rig.Faults.Clear();
        rig.Advance(2 * Second);

        Assert.Equal(new GrantOutcome(new GrantId("late"), Started: false), Assert.Single(answers));
        Assert.IsType<JobState.Waiting>(Assert.IsType<JobReply>(Assert.Single(rig.Ask("job", QueryJob.Instance))).State);
    }

    [Fact]
    public async Task Jobs_of_a_healthy_shard_run_while_another_is_away()
    {
        var rig = new ShardRig(shards: 2);
        var (first, second, healthy) = (BrokerRig.IdIn(0, "first"), BrokerRig.IdIn(0, "second"), BrokerRig.IdIn(1, "healthy"));
        rig.Enqueue(first);
        rig.Enqueue(second);
        rig.Enqueue(healthy);
        Away(rig.Faults, StoreOperation.Append, () => new StoreCorruptException("torn page"), shard: 0);
        Away(rig.Faults, StoreOperation.Read, shard: 0);

        rig.RequestWork(1); // the first job's start breaks its shard

        await rig.Worker.ExpectMsg<BrokerStarted>();
        Assert.Equal(healthy, (await rig.Worker.ExpectMsg<RunAttempt>()).Spec.Id.Value);
    }

    [Fact]
    public async Task A_job_that_its_dead_worker_left_behind_is_recovered_without_a_dead_letter()
    {
        var first = new ShardRig();
        first.Enqueue("job");
        first.RequestWork(1);

        var second = new ShardRig(store: first.Store, worker: "worker-2");
        second.RequestWork(1);

        await second.Worker.ExpectMsg<BrokerStarted>();
        Assert.Equal(2, (await second.Worker.ExpectMsg<RunAttempt>()).Attempt.InAll);
        Assert.Equal(0, second.System.DeadLetters.Total);
    }

    [Fact]
    public void A_former_owner_does_not_get_a_shard_while_its_owner_reads_it_again()
    {
        var former = new ShardRig();
        former.Enqueue("job");
        var owner = new ShardRig(store: former.Store, worker: "worker-2");
        Assert.IsType<Failure>(Assert.Single(former.Enqueue("late"))); // it hears that it is fenced
        former.Faults.FailNext(StoreStep.BeforeWrite, StoreOperation.Append, error: () => new StoreCorruptException("torn page"));

        owner.Ask("job", new JobCommand.Cancel("Ada", null));
        Assert.NotEqual(ShardPhase.Active, owner.Phase(0));
        former.Advance(5 * Second);
        owner.Advance(5 * Second);

        Assert.NotEqual(ShardPhase.Active, former.Phase(0));
        Assert.IsType<JobState.Waiting>(Assert.IsType<JobReply>(Assert.Single(owner.Ask("job", QueryJob.Instance))).State);
    }

    [Fact]
    public async Task A_broker_that_starts_anew_while_a_shard_offers_its_jobs_finds_them_all()
    {
        var first = new ShardRig();
        first.Enqueue("one");
        first.Enqueue("two");
        var parts = new JobNodeParts(first.System, first.Parts.Options, new WorkerId("worker-2"), 1);
        List<int> known = [];
        parts.Broker = first.System.Callback("broker", _ => known.Add(LineOfANewBroker(parts).Count));
        parts.Complete.SetResult();

        await new JobShardHost(0, first.Store, parts).StartAsync(new NoContext(), default);

        Assert.Equal([2, 2], known); // at the first offer as at the last
    }

    [Fact]
    public async Task Jobs_of_a_shard_that_is_away_are_still_counted()
    {
        var rig = new ShardRig();
        rig.Enqueue("job");
        var queue = new NodeJobQueue(rig.Store, rig.Parts, new WorkerGauge());
        Break(rig);

        Assert.Null(rig.Parts.Journals[0]);
        Assert.Equal(1, (await queue.OverviewAsync()).Counts[JobStatus.Pending]);
    }

    [Fact]
    public async Task The_broker_hears_that_a_shard_failed_before_its_jobs_actors_have_stopped()
    {
        var faults = new StoreFaultScript();
        var rig = new ShardRig();
        var parts = new JobNodeParts(rig.System, rig.Parts.Options, new WorkerId("worker-2"), 1);
        List<object> told = [];
        parts.Broker = rig.System.Callback("broker", told.Add);
        parts.Complete.SetResult();
        var context = new NoContext();
        await new JobShardHost(0, new InMemoryShardStore(1, faults), parts).StartAsync(context, default);

        Away(faults, StoreOperation.Append, () => new StoreCorruptException("torn page"));
        parts.Journals[0]!.Compare();

        Assert.IsType<ShardLostException>(context.Failed);
        Assert.Equal([new ShardStopped(0)], told); // nobody has stopped the host yet
    }

    [Fact]
    public async Task A_shards_owner_is_named_by_its_process_and_not_by_its_machine()
    {
        var rig = new ShardRig(worker: "the-machine-17-1a2b3c4d");

        Assert.Equal("the-machine-17-1a2b3c4d", (await rig.Store.ReadHeadAsync(0, default)).Owner!.Node);
    }

    [Fact]
    public void A_time_out_is_enforced_without_a_dead_letter()
    {
        var rig = new ShardRig();
        rig.Enqueue("job", spec => spec with { Timeout = Second });
        rig.RequestWork(1);

        rig.Advance(2 * Second);

        var state = Assert.IsType<JobReply>(Assert.Single(rig.Ask("job", QueryJob.Instance))).State;
        Assert.Equal(JobError.TimeoutType, Assert.IsType<JobState.Finished>(state).Error!.Type);
        Assert.Equal(0, rig.System.DeadLetters.Count(DeadLetterReason.Unhandled));
    }

    /// <summary>The shard fails at its next append and cannot be read again until the faults are cleared.</summary>
    private static void Break(ShardRig rig)
    {
        Away(rig.Faults, StoreOperation.Append, () => new StoreCorruptException("torn page"));
        Away(rig.Faults, StoreOperation.Read, shard: 0);
        rig.Ask("job", new JobCommand.Cancel("Ada", null));
        Assert.NotEqual(ShardPhase.Active, rig.Phase(0));
    }

    /// <summary>What a broker knows before it has heard anything.</summary>
    private static WaitingLine LineOfANewBroker(JobNodeParts parts)
    {
        var line = new WaitingLine();
        foreach (var journal in parts.Journals)
        {
            journal?.Live.OfferTo(line);
        }

        return line;
    }

    private static void Away(StoreFaultScript faults, StoreOperation operation, Func<Exception>? error = null, int? shard = null) =>
        faults.FailNext(
            operation == StoreOperation.Read ? StoreStep.BeforeRead : StoreStep.BeforeWrite, operation, shard, times: 10_000, error);

    private static (InMemoryShardStore Store, StoreFaultScript Faults) StoreWithACancelledJob()
    {
        var rig = new ShardRig();
        rig.Enqueue("job");
        rig.Ask("job", new JobCommand.Cancel("Ada", null));
        return (rig.Store, rig.Faults);
    }

    private sealed class NoContext : IShardContext
    {
        public int Shard => 0;

        public void TellEntity(string entityId, object message) => Assert.Fail($"Nothing runs, so nobody is told {message}.");

        public Exception? Failed { get; private set; }

        public void Fail(Exception reason) => Failed = reason;
    }
}
