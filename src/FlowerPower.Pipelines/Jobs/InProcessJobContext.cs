namespace FlowerPower.Pipelines;

/// <summary>
/// The context of a run without a queue, and for tests of functions that take one: it passes on what they say, and keeps their checkpoint in memory for the
/// next attempt.
/// </summary>
/// <param name="observer">Told of lines and reports; null: nobody is.</param>
public sealed class InProcessJobContext(IPipelineObserver? observer = null) : JobContext
{
    private readonly Lock gate = new();
    private ReadOnlyMemory<byte> saved;
    private volatile int attempt = 1;

    /// <inheritdoc/>
    public override string? JobId => null;

    /// <inheritdoc/>
    public override int Attempt => attempt;

    /// <inheritdoc/>
    protected override ReadOnlyMemory<byte> Saved
    {
        get
        {
            lock (gate)
            {
                return saved;
            }
        }
    }

    /// <summary>Another attempt begins.</summary>
    public void BeginNext() => Interlocked.Increment(ref attempt);

    /// <inheritdoc/>
    public override void Log(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        lock (gate)
        {
            observer?.Logged(line);
        }
    }

    /// <inheritdoc/>
    public override void Report(double fraction, string? text = null)
    {
        lock (gate)
        {
            observer?.Reported(double.IsNaN(fraction) ? 0 : Math.Clamp(fraction, 0, 1), text);
        }
    }

    /// <inheritdoc/>
    protected override Task SaveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        if (json.Length > MaxCheckpointBytes)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The job's checkpoint has {json.Length:N0} bytes of JSON, more than {MaxCheckpointBytes:N0}: save where the job is, and keep its data elsewhere."));
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            saved = json;
        }

        return Task.CompletedTask;
    }

    private const int MaxCheckpointBytes = 1024 * 1024; // as in a queue: what works here works there
}
