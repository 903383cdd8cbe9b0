using FlowerPower.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Tests.Queues;

public sealed class WorkBrokerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly BrokerRig rig = new();

    [Fact]
    public void A_grant_that_nobody_answers_is_given_again_after_its_time_out()
    {
        rig.Offer("a");
        rig.RequestWork(1);
        Assert.Equal(["a"], rig.Granted);

        rig.Advance(WorkBrokerActor.GrantTimeout - Second);
        Assert.Equal(["a"], rig.Granted);
        rig.Advance(WorkBrokerActor.GrantTimeout);

        Assert.Equal(["a", "a"], rig.Granted);
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_strands_no_slot()
    {
        rig.Offer("a");
        rig.RequestWork(1);

        rig.Time.SetWall(-TimeSpan.FromHours(1));
        rig.Advance(2 * WorkBrokerActor.GrantTimeout - Second);

        Assert.Equal(["a", "a"], rig.Granted);
    }

    [Fact]
    public void A_wall_clock_that_is_set_forward_takes_no_grant_away()
    {
        rig.Advance(WorkBrokerActor.GrantTimeout - Second);
        rig.Offer("a");
        rig.RequestWork(1);

        rig.Time.SetWall(TimeSpan.FromHours(1));
        rig.Advance(2 * Second); // the sweep comes by, and the grant is two seconds old

        Assert.Equal(["a"], rig.Granted);
    }

    [Fact]
    public async Task A_worker_that_takes_back_its_slot_is_granted_nothing_even_if_its_open_grant_comes_to_nothing()
    {
        await rig.Worker.ExpectMsg<BrokerStarted>();
        rig.Offer("a");
        rig.RequestWork(1);
        rig.Offer("b");

        rig.Retract();
        rig.Worker.ExpectNoMsg(); // not before the open grant is settled
        rig.Answer("a", started: false);

        Assert.Equal(["a"], rig.Granted);
        await rig.Worker.ExpectMsg<WorkRetracted>();
        rig.Offer("c");
        rig.Advance(3 * WorkBrokerActor.GrantTimeout);
        Assert.Equal(["a"], rig.Granted);
        rig.RequestWork(1);
        Assert.Equal(["a", "b"], rig.Granted);
    }

    [Fact]
    public void A_job_whose_grant_nobody_answers_lets_others_go_first()
    {
        rig.Offer("a");
        rig.RequestWork(1);
        rig.Offer("b");

        rig.Advance(WorkBrokerActor.GrantTimeout);

        Assert.Equal(["a", "b"], rig.Granted);
    }

    [Fact]
    public void A_shard_that_stops_takes_no_slot_and_its_jobs_run_when_it_offers_them_again()
    {
        var (first, second, healthy) = (BrokerRig.IdIn(0, "first"), BrokerRig.IdIn(0, "second"), BrokerRig.IdIn(1, "healthy"));
        rig.Offer(first);
        rig.Offer(second);
        rig.RequestWork(1);
        rig.Offer(healthy);
        Assert.Equal([first], rig.Granted);

        rig.Stop(0);
        Assert.Equal([first, healthy], rig.Granted); // at once, not after a time-out
        rig.Offer(second); // the last word of an actor that was about to be stopped
        rig.RequestWork(1);
        rig.Advance(3 * WorkBrokerActor.GrantTimeout);
        Assert.DoesNotContain(second, rig.Granted);

        rig.Serve(0);
        rig.Offer(first);
        Assert.Equal(first, rig.Granted[^1]);
    }

    [Fact]
    public void A_grant_names_the_journal_it_was_made_for()
    {
        rig.Offer("a");
        rig.RequestWork(1);
        var before = rig.LastGrant.Journal;
        var shard = ShardKey.Of("a", 2);

        rig.Stop(shard);
        var after = rig.Serve(shard);
        rig.Offer("a");

        Assert.NotSame(before, after);
        Assert.Same(after, rig.LastGrant.Journal);
    }

    [Fact]
    public async Task Jobs_of_a_shard_whose_store_takes_nothing_take_no_slot_until_it_does()
    {
        var (ill, healthy) = (BrokerRig.IdIn(0, "ill"), BrokerRig.IdIn(1, "healthy"));
        await rig.AilAsync(0, isIll: true);
        rig.Offer(ill);
        rig.Offer(healthy);
        rig.RequestWork(2);
        rig.Advance(3 * Second);
        Assert.Equal([healthy], rig.Granted);

        await rig.AilAsync(0, isIll: false);
        rig.Advance(Second);

        Assert.Equal([healthy, ill], rig.Granted);
    }

    [Fact]
    public async Task A_job_that_was_set_aside_and_cancelled_is_not_granted()
    {
        var ill = BrokerRig.IdIn(0, "ill");
        await rig.AilAsync(0, isIll: true);
        rig.Offer(ill);
        rig.RequestWork(1);

        rig.Withdraw(ill);
        await rig.AilAsync(0, isIll: false);
        rig.Advance(3 * Second);

        Assert.Empty(rig.Granted);
    }

    [Fact]
    public void A_node_without_worker_slots_grants_nothing()
    {
        var idle = new BrokerRig(workerSlots: 0);
        idle.Offer("a");
        idle.RequestWork(1);

        Assert.Empty(idle.Granted);
    }
}
