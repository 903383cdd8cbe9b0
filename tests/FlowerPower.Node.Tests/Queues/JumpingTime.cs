using FlowerPower.Actors.TestKit;

namespace FlowerPower.Node.Tests.Queues;

/// <summary>A manual clock whose wall can be set, as an operator or a time service does: timers and timestamps go on as they were.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private TimeSpan offset;

    public ManualTime Steady { get; } = new();

    public override long TimestampFrequency => Steady.TimestampFrequency;

    public void SetWall(TimeSpan by) => offset += by;

    public override DateTimeOffset GetUtcNow() => Steady.GetUtcNow() + offset;

    public override long GetTimestamp() => Steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Steady.CreateTimer(callback, state, dueTime, period);
}
