using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Tests.Workers;

public sealed class ProgressThrottleTests
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime time = new();
    private readonly List<int> sent = [];

    [Fact]
    public void Progress_is_passed_on_at_most_once_in_a_while_and_always_the_latest()
    {
        var throttle = new ProgressThrottle(progress => sent.Add(progress.NodesDone), time, Every);

        for (var done = 1; done <= 35; done++)
        {
            throttle.Report(Done(done));
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        time.Advance(Every);
        Assert.Equal([1, 10, 20, 30, 35], sent);
    }

    [Fact]
    public void A_report_that_was_held_never_comes_after_a_newer_one()
    {
        var late = new LateTimers(time);
        var throttle = new ProgressThrottle(progress => sent.Add(progress.NodesDone), late, Every);
        throttle.Report(Done(1));
        time.Advance(Every * 0.9);
        throttle.Report(Done(2)); // held, until a timer that comes late
        time.Advance(Every * 0.6);
        throttle.Report(Done(3)); // the while is over: sent at once

        late.FireAll();

        Assert.Equal([1, 3], sent);
    }

    [Fact]
    public void Nothing_is_passed_on_after_the_end()
    {
        var throttle = new ProgressThrottle(progress => sent.Add(progress.NodesDone), time, Every);
        throttle.Report(Done(1));
        throttle.Report(Done(2));

        throttle.Close();

        time.Advance(Every * 3);
        throttle.Report(Done(3));
        Assert.Equal([1], sent);
    }

    private static JobProgress Done(int nodes) => new(nodes, 99, null);

    /// <summary>A clock whose timers fire when the test says so, disposed or not: as a timer that is on its way already.</summary>
    private sealed class LateTimers(ManualTime inner) : TimeProvider
    {
        private readonly List<Action> timers = [];

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            timers.Add(() => callback(state));
            return inner.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void FireAll() => timers.ForEach(fire => fire());
    }
}
