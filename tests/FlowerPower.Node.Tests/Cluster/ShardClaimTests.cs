using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Tests.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>What a node of a cluster does with the claims of its shards: others take nothing from a node that lives, so it must give back what it does not use.</summary>
public sealed class ShardClaimTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly StoreFaultScript faults = new();
    private readonly InMemoryShardStore store;
    private readonly PlayedPeers peers = new();

    public ShardClaimTests() => store = new InMemoryShardStore(1, faults);

    [Fact]
    public async Task A_claim_whose_start_fails_is_given_back()
    {
        peers.OnClaim = () => faults.FailNext(StoreStep.BeforeRead, StoreOperation.Read); // what comes after the claim
        var rig = new ShardRig(store: store, peers: peers);

        Assert.NotEqual(ShardPhase.Active, rig.Phase(0));
        Assert.Null((await store.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task A_claim_is_given_back_however_often_the_store_does_not_answer()
    {
        var rig = new ShardRig(store: store, peers: peers);
        faults.FailNext(StoreStep.BeforeWrite, StoreOperation.Release, times: 5);

        _ = rig.Parts.Jobs.StopAsync(Second);
        rig.Advance(Second);
        rig.Advance(Second);

        Assert.Null((await store.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task A_start_that_is_stored_after_its_worker_was_declared_dead_is_taken_back()
    {
        var rig = new ShardRig(store: store, peers: peers);
        rig.Enqueue("job");

        rig.RequestWork(1, worker: "gone");

        var job = Assert.IsType<JobReply>(Assert.Single(rig.Ask("job", QueryJob.Instance))).State;
        Assert.IsType<JobState.Waiting>(job);
        Assert.Equal(1, job.History!.AttemptsMade);
        await rig.Worker.ExpectMsg<BrokerStarted>();
        await rig.Worker.ExpectMsg<WorkWaiting>();
        rig.Worker.ExpectNoMsg();
    }
}
