using FlowerPower.Actors.TestKit;

namespace FlowerPower.Simulation;

/// <summary>The world's clock as one node has it: when the node dies, its timers do not fire any more.</summary>
internal sealed class NodeTime(ManualTime world) : TimeProvider
{
    public bool IsDead { get; set; }

    public override TimeZoneInfo LocalTimeZone => world.LocalTimeZone;

    public override long TimestampFrequency => world.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow();

    public override long GetTimestamp() => world.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer? timer = null;
        timer = world.CreateTimer(
            _ =>
            {
                if (IsDead)
                {
                    timer?.Dispose();
                }
                else
                {
                    callback(state);
                }
            },
            null, dueTime, period);
        return timer;
    }
}
