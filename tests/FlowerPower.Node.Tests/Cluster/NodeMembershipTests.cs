using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class NodeMembershipTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(10);

    private readonly MembershipRig rig = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await rig.DisposeAsync();

    [Fact]
    public async Task A_node_that_joins_serves_and_is_seen_by_the_others_within_a_period_or_at_once_with_a_hint()
    {
        var ada = await rig.StartAsync("ada");
        var bob = await rig.StartAsync("bob");
        Assert.Null(ada.Sees("bob"));

        ada.Membership.LookNow();
        await rig.RestAsync();
        Assert.Equal(MemberStatus.Up, ada.Sees("bob"));
        var cyd = await rig.StartAsync("cyd");
        await rig.PassAsync(3 * Second);

        Assert.Equal((MemberStatus.Up, MemberStatus.Up), (ada.Sees("cyd"), bob.Sees("cyd")));
        Assert.True(ada.Membership.MayServe && bob.Membership.MayServe && cyd.Membership.MayServe);
        Assert.Equal([true], cyd.Serving);
        Assert.Equal(ada.Views.Select(v => v.Version).Order().Distinct(), ada.Views.Select(v => v.Version));
    }

    [Fact]
    public async Task Nodes_that_join_together_do_not_renew_together()
    {
        var (early, late) = (rig.Make("ada", chance: () => 0.999), rig.Make("bob"));
        await early.Membership.JoinAsync().Within();
        await late.Membership.JoinAsync().Within();
        var (before, beforeToo) = (early.Way.Calls, late.Way.Calls);

        await rig.PassAsync(2.8 * Second);

        Assert.Equal((before + 1, beforeToo), (early.Way.Calls, late.Way.Calls)); // a tenth sooner at most, and never later
        await rig.PassAsync(0.2 * Second);
        Assert.Equal(beforeToo + 1, late.Way.Calls);
    }

    [Fact]
    public async Task A_node_that_was_replaced_knows_by_whom()
    {
        var former = await rig.StartAsync("a-1", "a", "10.0.0.1:7000");
        var other = await rig.StartAsync("a-2", "a", "10.0.0.1:7000");

        former.Membership.LookNow();
        var why = await former.Membership.Died.Within();

        Assert.Equal("a-2", former.Membership.ReplacedBy?.Incarnation);
        Assert.Contains("was replaced by a-2", why, StringComparison.Ordinal);
        Assert.Null(other.Membership.ReplacedBy);
    }

    [Fact]
    public async Task A_node_may_not_serve_before_it_has_joined()
    {
        var ada = rig.Make("ada");

        Assert.False(ada.Membership.MayServe);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ada.Membership.SetStatusAsync(MemberStatus.Up));
        Assert.Same(MemberView.Empty, ada.Membership.View);
    }

    [Fact]
    public async Task A_join_that_finds_no_table_says_so_and_may_be_repeated()
    {
        var ada = rig.Make("ada");
        ada.Way.IsCut = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.Membership.JoinAsync());
        (ada.Way.IsCut, ada.Way.LosesAnswers) = (false, true);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => ada.Membership.JoinAsync()); // it happened, and nobody was told
        ada.Way.LosesAnswers = false;

        await ada.Membership.JoinAsync();

        Assert.True(ada.Membership.MayServe);
        Assert.Single(ada.Membership.View.Members);
    }

    [Fact]
    public async Task A_node_without_its_table_stops_serving_by_its_own_clock_before_others_may_claim()
    {
        var ada = await rig.StartAsync("ada"); // its last good renewal is sent now
        var bob = await rig.StartAsync("bob");
        ada.Way.IsCut = true;

        await rig.PassAsync(TimeSpan.FromSeconds(6.9));
        Assert.True(ada.Membership.MayServe);
        rig.Time.Advance(Blink + Blink);
        Assert.False(ada.Membership.MayServe);
        await rig.RestAsync();
        Assert.Equal([true, false], ada.Serving);
        Assert.Equal(MemberStatus.Up, bob.Sees("ada"));
        Assert.Contains("cannot be reached", ada.Membership.Trouble, StringComparison.Ordinal);
        Assert.True(ada.Membership.FailedRenewals > 1);

        await rig.PassAsync(TimeSpan.FromSeconds(9.3 - 6.92));
        Assert.Equal(MemberStatus.Dead, bob.Sees("ada"));
        Assert.True(bob.Membership.MayServe);
    }

    [Fact]
    public async Task What_counts_is_when_a_renewal_was_sent_not_when_its_answer_came()
    {
        var ada = await rig.StartAsync("ada");
        ada.Way.Delay = Second;
        rig.Time.Advance(3 * Second); // sent
        await UntilAsync(() => ada.Way.Calls == 3);
        rig.Time.Advance(Second); // answered
        await rig.RestAsync();
        ada.Way.IsCut = true;

        // From the send, 3 s after the first renewal, 6.91 s: not from the answer.
        rig.Time.Advance(TimeSpan.FromSeconds(5.9));
        Assert.True(ada.Membership.MayServe);
        rig.Time.Advance(Blink + Blink);
        Assert.False(ada.Membership.MayServe);
    }

    [Fact]
    public async Task A_failed_renewal_is_repeated_soon_and_a_node_that_was_not_declared_dead_serves_again()
    {
        var ada = await rig.StartAsync("ada");
        ada.Way.IsCut = true;
        await rig.PassAsync(8 * Second);
        Assert.False(ada.Membership.MayServe);

        ada.Way.IsCut = false;
        await rig.PassAsync(TimeSpan.FromMilliseconds(300));

        Assert.True(ada.Membership.MayServe);
        Assert.Equal([true, false, true], ada.Serving);
        Assert.Null(ada.Membership.Trouble);
    }

    [Fact]
    public async Task A_silent_death_is_seen_within_three_tenths_of_a_second_after_the_end_of_the_lease()
    {
        var ada = await rig.StartAsync("ada");
        await rig.PassAsync(TimeSpan.FromSeconds(1.3)); // so that its end does not meet another's renewal
        var bob = await rig.StartAsync("bob");
        await bob.Membership.VanishAsync();

        await rig.PassAsync(9 * Second);
        var atTheEnd = ada.Sees("bob");
        await rig.PassAsync(TimeSpan.FromSeconds(0.3));

        Assert.Equal(MemberStatus.Up, atTheEnd);
        Assert.Equal(MemberStatus.Dead, ada.Sees("bob"));
    }

    [Fact]
    public async Task A_node_that_was_away_until_it_was_declared_dead_hears_it_and_never_serves_again()
    {
        var ada = await rig.StartAsync("ada");
        var bob = await rig.StartAsync("bob");
        bob.Way.IsCut = true;
        await rig.PassAsync(15 * Second);
        Assert.Equal(MemberStatus.Dead, ada.Sees("bob"));
        Assert.False(bob.Membership.Died.IsCompleted);

        bob.Way.IsCut = false;
        await rig.PassAsync(TimeSpan.FromSeconds(0.3));

        Assert.Contains("bob was declared dead", await bob.Membership.Died.Within(), StringComparison.Ordinal);
        Assert.False(bob.Membership.MayServe);
        Assert.Equal([true, false], bob.Serving);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bob.Membership.SetStatusAsync(MemberStatus.Leaving));
    }

    [Fact]
    public async Task A_frozen_process_counts_its_stall_and_looks_before_it_serves_again()
    {
        var clock = new JumpingClock(rig.Time);
        var bob = await rig.StartAsync("bob", time: clock);
        var calls = bob.Way.Calls;

        clock.Ahead = TimeSpan.FromSeconds(2.5); // its loop is late by that, and yet within the time that a node may serve on one renewal
        bob.Way.IsCut = true;
        await rig.PassAsync(3 * Second);
        Assert.False(bob.Membership.MayServe);
        Assert.Equal(1, bob.Membership.Stalls);
        bob.Way.IsCut = false;
        await rig.PassAsync(TimeSpan.FromSeconds(0.3));

        Assert.True(bob.Membership.MayServe);
        Assert.Equal([true, false, true], bob.Serving);
        Assert.True(bob.Way.Calls > calls);
    }

    [Fact]
    public async Task A_quick_restart_at_the_same_address_ends_the_former_incarnation()
    {
        var former = await rig.StartAsync("a1", "Ada", "10.0.0.1:7000");
        var ada = await rig.StartAsync("a2", "Ada", "10.0.0.1:7000");

        former.Membership.LookNow();
        await former.Membership.Died.Within("the former incarnation to hear that it is dead");

        Assert.False(former.Membership.MayServe);
        Assert.Equal((MemberStatus.Dead, MemberStatus.Up), (ada.Sees("a1"), ada.Sees("a2")));
    }

    [Fact]
    public async Task Whom_an_operator_declares_dead_is_dead()
    {
        var ada = await rig.StartAsync("ada");
        var bob = await rig.StartAsync("bob");

        Assert.True(await ada.Membership.DeclareDeadAsync("bob"));
        Assert.False(await ada.Membership.DeclareDeadAsync("bob"));
        await rig.RestAsync();
        Assert.Equal(MemberStatus.Dead, ada.Sees("bob"));
        await rig.PassAsync(3 * Second);

        await bob.Membership.Died.Within();
        Assert.False(bob.Membership.MayServe);
    }

    [Fact]
    public async Task A_node_that_leaves_stops_serving_at_once_and_nobody_waits_for_its_lease()
    {
        var ada = await rig.StartAsync("ada");
        var bob = await rig.StartAsync("bob");
        await bob.Membership.SetStatusAsync(MemberStatus.Leaving);
        Assert.True(bob.Membership.MayServe);

        await bob.Membership.LeaveAsync();
        ada.Membership.LookNow();
        await rig.RestAsync();

        Assert.False(bob.Membership.MayServe);
        Assert.False(bob.Membership.Died.IsCompleted);
        Assert.Equal([true, false], bob.Serving);
        Assert.Equal(MemberStatus.Dead, ada.Sees("bob"));
    }

    [Fact]
    public async Task A_table_that_forgot_gets_its_members_back_with_their_status_and_histories_are_doubted()
    {
        var ada = await rig.StartAsync("ada");
        var bob = await rig.StartAsync("bob");
        await rig.PassAsync(TimeSpan.FromSeconds(4));
        var versions = ada.Membership.View.Version;

        rig.Table.Forget();
        await rig.PassAsync(7 * Second);

        Assert.Equal((MemberStatus.Up, MemberStatus.Up), (ada.Sees("bob"), bob.Sees("ada")));
        Assert.Equal((1, 1), (ada.Doubts, bob.Doubts));
        Assert.True(ada.Membership.MayServe && bob.Membership.MayServe);
        Assert.True(ada.Membership.View.Version > versions);
    }

    [Fact]
    public async Task Whom_a_new_table_does_not_know_is_given_a_whole_lease()
    {
        var ada = await rig.StartAsync("ada");
        await rig.PassAsync(TimeSpan.FromSeconds(8.9));
        Assert.False(await ada.Membership.MayTakeFromAsync("ghost"));
        Assert.False(await ada.Membership.MayTakeFromAsync("ada"));
        await rig.PassAsync(TimeSpan.FromSeconds(0.2));
        Assert.True(await ada.Membership.MayTakeFromAsync("ghost"));

        rig.Table.Forget();
        ada.Membership.LookNow();
        await rig.RestAsync();

        Assert.False(await ada.Membership.MayTakeFromAsync("ghost"));
    }

    [Fact]
    public async Task Whoever_joined_since_the_last_look_is_not_taken_for_nobody()
    {
        var ada = await rig.StartAsync("ada");
        await rig.PassAsync(10 * Second);
        var bob = await rig.StartAsync("bob");
        Assert.Null(ada.Sees("bob"));

        Assert.False(await ada.Membership.MayTakeFromAsync("bob"));
        await bob.Membership.LeaveAsync();
        ada.Membership.LookNow();
        await rig.RestAsync();
        Assert.True(await ada.Membership.MayTakeFromAsync("bob"));
    }

    [Fact]
    public async Task A_restarted_store_makes_histories_doubtful_once_and_costs_nothing_else()
    {
        var ada = await rig.StartAsync("ada");

        rig.Table.Restart();
        await rig.PassAsync(9 * Second);

        Assert.Equal(1, ada.Doubts);
        Assert.Equal([true], ada.Serving);
    }

    [Fact]
    public async Task An_idle_node_makes_one_call_every_three_seconds()
    {
        RigNode[] nodes = [await rig.StartAsync("ada"), await rig.StartAsync("bob"), await rig.StartAsync("cyd")];
        await rig.PassAsync(3 * Second); // each has heard of the others
        int[] before = [.. nodes.Select(n => n.Way.Calls)];

        await rig.PassAsync(30 * Second);

        Assert.All(nodes.Zip(before), n => Assert.Equal(10, n.First.Way.Calls - n.Second));
    }

    [Fact]
    public async Task A_hundred_hints_during_one_look_are_one_more_look()
    {
        var ada = await rig.StartAsync("ada");
        var before = ada.Way.Calls;
        ada.Way.Delay = TimeSpan.FromMilliseconds(100);
        ada.Membership.LookNow();
        await UntilAsync(() => ada.Way.Calls == before + 1);

        for (var i = 0; i < 100; i++)
        {
            ada.Membership.LookNow();
        }

        rig.Time.Advance(TimeSpan.FromMilliseconds(100));
        await UntilAsync(() => ada.Way.Calls == before + 2);
        rig.Time.Advance(TimeSpan.FromMilliseconds(100));
        await rig.RestAsync();

        Assert.Equal(before + 2, ada.Way.Calls);
    }

    [Fact]
    public async Task A_call_that_hangs_is_given_up_within_half_a_period_and_repeated()
    {
        var ada = await rig.StartAsync("ada");
        var before = ada.Way.Calls;
        ada.Way.Delay = TimeSpan.FromHours(1);
        rig.Time.Advance(3 * Second);
        await UntilAsync(() => ada.Way.Calls == before + 1);

        ada.Way.Delay = TimeSpan.Zero;
        rig.Time.Advance(TimeSpan.FromSeconds(1.5));
        await UntilAsync(() => ada.Membership.FailedRenewals == 1);
        await rig.PassAsync(TimeSpan.FromSeconds(0.3));

        Assert.Equal(before + 2, ada.Way.Calls);
        Assert.True(ada.Membership.MayServe);
    }

    [Fact]
    public async Task A_listener_that_fails_ends_the_membership_instead_of_missing_what_it_should_have_heard()
    {
        var ada = await rig.StartAsync("ada");
        ada.Membership.Changed += _ => throw new FormatException("this listener");
        await rig.StartAsync("bob");

        ada.Membership.LookNow();

        await Assert.ThrowsAsync<FormatException>(() => ada.Membership.Died.Within());
        await rig.RestAsync();
        Assert.False(ada.Membership.MayServe);
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
        {
            rig.Time.Advance(TimeSpan.Zero);
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A clock whose timers are the other's: it finds itself later than they say, as a process does that was halted.</summary>
    private sealed class JumpingClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Ahead;

        public override long GetTimestamp() => inner.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
