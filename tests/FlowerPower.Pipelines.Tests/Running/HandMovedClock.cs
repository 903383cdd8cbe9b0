using System.Threading.Channels;

namespace FlowerPower.Pipelines.Tests.Running;

/// <summary>A clock that stands still: a test awaits the wait that it expects, and then ends it by hand.</summary>
internal sealed class HandMovedClock : TimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Channel<Wait> waits = Channel.CreateUnbounded<Wait>();

    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(dueTime, () => callback(state));
        waits.Writer.TryWrite(wait);
        return wait;
    }

    /// <summary>Ends the next wait and tells how long it would have been. Waits for the end of a stopped run are not counted.</summary>
    public async Task<TimeSpan> EndNextWaitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var wait = await waits.Reader.ReadAsync(limit.Token);
                if (wait.Length != new GraphRunOptions().StopGrace)
                {
                    wait.End();
                    return wait.Length;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("The run was expected to wait before a retry, and did not.");
        }
    }

    private sealed class Wait(TimeSpan length, Action end) : ITimer
    {
        public TimeSpan Length => length;

        public void End() => end();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
