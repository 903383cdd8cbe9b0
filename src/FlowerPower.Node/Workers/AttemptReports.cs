using System.Threading.Channels;

namespace FlowerPower.Node.Workers;

/// <summary>
/// Tells a listener of attempts that have ended, in order and beside the actors: it may write to a terminal that somebody has paused. It may fall behind
/// by so many reports; then the worker waits for it.
/// </summary>
internal sealed class AttemptReports
{
    private const int MaxHeld = 1_000;

    /// <summary>A stop waits so long for a listener that does not return.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private readonly Channel<AttemptReport> held = Channel.CreateBounded<AttemptReport>(new BoundedChannelOptions(MaxHeld) { SingleReader = true });
    private readonly TimeProvider time;
    private readonly bool isHeard;
    private readonly Task telling = Task.CompletedTask;

    private AttemptReports(Action<AttemptReport>? listener, Action<string> warn, TimeProvider time)
    {
        this.time = time;
        if (listener is not null)
        {
            isHeard = true;
            telling = Task.Run(() => TellAllAsync(listener, warn));
        }
    }

    /// <summary>Nobody listens.</summary>
    public static AttemptReports ToNobody { get; } = new(null, _ => { }, TimeProvider.System);

    /// <param name="warn">Told of a listener that throws; must not throw.</param>
    public static AttemptReports To(Action<AttemptReport>? listener, Action<string> warn, TimeProvider time) =>
        listener is null ? ToNobody : new AttemptReports(listener, warn, time);

    /// <summary>Done when there was room for it. After the close, reports are dropped.</summary>
    public async ValueTask TellAsync(AttemptReport report, CancellationToken cancellationToken)
    {
        if (isHeard && !held.Writer.TryWrite(report) && await held.Writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
        {
            held.Writer.TryWrite(report); // the worker is the only writer
        }
    }

    /// <summary>Done when the listener has heard everything, or takes too long.</summary>
    public async Task CloseAsync()
    {
        held.Writer.TryComplete();
        try
        {
            await telling.WaitAsync(ClosePatience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The outcomes are stored; only their lines are late.
        }
    }

    private async Task TellAllAsync(Action<AttemptReport> listener, Action<string> warn)
    {
        await foreach (var report in held.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                listener(report);
            }
            catch (Exception error)
            {
                warn($"The end of attempt {report.Attempt.InAll} of job {report.Job.Id} could not be reported, and is recorded all the same: {error.Message}");
            }
        }
    }
}
