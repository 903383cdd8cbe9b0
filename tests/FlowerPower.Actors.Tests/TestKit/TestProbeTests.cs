using FlowerPower.Actors.TestKit;

namespace FlowerPower.Actors.Tests.TestKit;

public sealed class TestProbeTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_probe_returns_messages_in_order_and_answers_the_last_sender()
    {
        var sim = new Sim();
        var (asker, probe) = (sim.Probe("asker"), sim.Probe());
        probe.Tell(1);
        probe.Tell("two", asker);

        Assert.Equal(1, await probe.ExpectMsg<int>());
        Assert.Equal("two", await probe.ExpectMsg<string>(text => text.Length == 3));
        Assert.Equal(asker, probe.LastSender);
        probe.Reply("three");
        Assert.Equal("three", await asker.ExpectMsg<string>());
        Assert.Equal(probe, asker.LastSender);
    }

    [Fact]
    public async Task An_expectation_waits_for_a_message_still_to_come()
    {
        var probe = new Sim().Probe();
        var expecting = probe.ExpectMsg<int>();
        Assert.False(expecting.IsCompleted);

        probe.Tell(7);

        Assert.Equal(7, await expecting);
    }

    [Fact]
    public async Task A_wrong_message_says_what_was_expected_and_what_came()
    {
        var probe = new Sim().Probe();
        probe.Tell("text");
        var wrongType = await Assert.ThrowsAsync<ProbeException>(() => probe.ExpectMsg<int>());
        probe.Tell(3);
        var unfit = await Assert.ThrowsAsync<ProbeException>(() => probe.ExpectMsg<int>(number => number > 3));
        var nothing = await Assert.ThrowsAsync<ProbeException>(() => probe.ExpectMsg<int>(Short));

        Assert.Equal("sim/probe expected a Int32, but String came from nobody: text", wrongType.Message);
        Assert.Equal("sim/probe expected a Int32 that fits its predicate, but 3 came from nobody.", unfit.Message);
        Assert.Equal("sim/probe expected a Int32 within 00:00:00.0200000, but nothing came.", nothing.Message);
    }

    [Fact]
    public async Task Fishing_skips_others_and_names_them_when_it_fails()
    {
        var probe = new Sim().Probe();
        probe.Tell(1);
        probe.Tell("fish");
        probe.Tell(2);

        Assert.Equal("fish", await probe.FishFor<string>());
        var error = await Assert.ThrowsAsync<ProbeException>(() => probe.FishFor<string>(timeout: Short));
        Assert.Contains("among Int32", error.Message);
    }

    [Fact]
    public async Task Expecting_nothing_fails_at_what_came()
    {
        var probe = new Sim().Probe();
        probe.ExpectNoMsg();
        await probe.ExpectNoMsg(Short);
        probe.Tell("surprise");

        Assert.Contains("surprise", Assert.Throws<ProbeException>(probe.ExpectNoMsg).Message);
        await Assert.ThrowsAsync<ProbeException>(() => probe.ExpectNoMsg(Short));
        Assert.Equal(["surprise"], await probe.ReceiveN(1));
        await Assert.ThrowsAsync<ProbeException>(() => probe.ReceiveN(1, Short));
    }
}
