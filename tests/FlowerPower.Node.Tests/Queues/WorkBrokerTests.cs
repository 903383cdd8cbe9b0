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
    public void A_node_without_worker_slots_grants_nothing()
    {
        var idle = new BrokerRig(workerSlots: 0);
        idle.Offer("a");
        idle.RequestWork(1);

        Assert.Empty(idle.Granted);
    }
}
