using FlowerPower.Actors.TestKit;

namespace FlowerPower.Actors.Tests.TestKit;

public sealed class ManualTimeTests
{
    [Fact]
    public void Timers_fire_in_the_order_in_which_they_are_due_at_their_own_instant()
    {
        var time = new ManualTime();
        var begin = time.GetUtcNow();
        List<(string, double)> fired = [];
        void Start(string name, double due, double? period = null) => time.CreateTimer(
            _ => fired.Add((name, (time.GetUtcNow() - begin).TotalSeconds)),
            null,
            TimeSpan.FromSeconds(due),
            period is { } p ? TimeSpan.FromSeconds(p) : Timeout.InfiniteTimeSpan);
        Start("late", 3);
        Start("early", 1);
        Start("tied", 3);
        Start("periodic", 2, 2);

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([("early", 1), ("periodic", 2), ("late", 3), ("tied", 3), ("periodic", 4)], fired);
        Assert.Equal(begin + TimeSpan.FromSeconds(5), time.GetUtcNow());
        Assert.Equal(begin + TimeSpan.FromSeconds(6), time.NextDue);
    }

    [Fact]
    public void A_timer_set_by_a_timer_fires_within_the_same_advance()
    {
        var time = new ManualTime();
        var fired = 0;
        time.CreateTimer(
            _ => time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan),
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(1, fired);
    }

    [Fact]
    public void A_disposed_or_changed_timer_does_not_fire_as_before()
    {
        var time = new ManualTime();
        var fired = 0;
        var disposed = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var changed = time.CreateTimer(_ => fired += 10, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        disposed.Dispose();
        changed.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);

        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, fired);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(10, fired);
        Assert.False(disposed.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        Assert.Null(time.NextDue);
    }

    [Fact]
    public async Task Delays_and_cancellations_of_the_base_library_follow_it()
    {
        var time = new ManualTime();
        var before = time.GetTimestamp();
        var delay = Task.Delay(TimeSpan.FromSeconds(2), time);
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(3), time);

        time.Advance(TimeSpan.FromSeconds(2));
        await delay.WaitAsync(Sim.Guard);
        Assert.False(source.IsCancellationRequested);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(source.IsCancellationRequested);
        Assert.Equal(TimeSpan.FromSeconds(3), time.GetElapsedTime(before));
    }
}
