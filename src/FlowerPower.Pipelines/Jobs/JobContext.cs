using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FlowerPower.Pipelines;

/// <summary>
/// The job that a pipeline's function runs in: a parameter of this type is no input of the graph, it is given by whoever runs it. With it a function says
/// what it is doing, saves where it is, and puts the rest of its work off. All members may be called from several threads.
/// </summary>
/// <remarks>In a queue's worker it is the job's attempt. Without a queue it is an <see cref="InProcessJobContext"/>.</remarks>
public abstract class JobContext
{
    /// <summary>The job's id; null if there is no job, because the pipeline runs without a queue.</summary>
    public abstract string? JobId { get; }

    /// <summary>Which attempt this is, counted over the job's whole life; 1 or more.</summary>
    public abstract int Attempt { get; }

    /// <summary>Writes to the job's log. It never waits: lines beyond what a job may write are dropped, and counted.</summary>
    /// <param name="line">Text; each of its lines is one of the log's, cut to 2,000 characters.</param>
    public abstract void Log(string line);

    /// <summary>Says how far the job is, for whoever watches. It stays until the next report.</summary>
    /// <param name="fraction">0 to 1; what is outside is taken for the nearer of the two, and what is no number for 0.</param>
    /// <param name="text">What it is doing; cut to 200 characters. Null: nothing to say.</param>
    public abstract void Report(double fraction, string? text = null);

    /// <summary>Saves where the job is. When it is done, the next attempt gets it, also after a crash of this process.</summary>
    /// <param name="value">Anything with a JSON form, of at most 1 MiB.</param>
    /// <param name="cancellationToken">Ends the waiting; whether it was saved is not known then.</param>
    /// <exception cref="ArgumentException">It is too large, or nested too deep; the message says so.</exception>
    /// <exception cref="NotSupportedException">It has no JSON form.</exception>
    /// <exception cref="OperationCanceledException">The attempt was taken away meanwhile: stop.</exception>
    public Task SaveCheckpointAsync<T>(T value, CancellationToken cancellationToken = default) =>
        SaveAsync(JsonSerializer.SerializeToUtf8Bytes(value, JsonCaches.Options), cancellationToken);

    /// <summary>The same for functions that are not asynchronous: it blocks until the checkpoint is saved.</summary>
    /// <inheritdoc cref="SaveCheckpointAsync"/>
    public void SaveCheckpoint<T>(T value) => SaveCheckpointAsync(value).GetAwaiter().GetResult();

    /// <summary>What was saved last, by this attempt or an earlier one; the type's default (null) if nothing was.</summary>
    /// <exception cref="JsonException">What was saved is of another type.</exception>
    /// <exception cref="NotSupportedException">The type cannot be read from JSON: a tuple, for example; use a record.</exception>
    public T? Checkpoint<T>() => Saved is { IsEmpty: false } json ? JsonSerializer.Deserialize<T>(json.Span, JsonCaches.Options) : default;

    /// <summary>
    /// Ends this attempt, and lets another one begin after a while: meanwhile the job holds no worker slot. It counts as no failure and uses up no retry. What
    /// the functions computed is not kept: save a checkpoint first.
    /// </summary>
    /// <param name="duration">More than zero.</param>
    /// <exception cref="SnoozeException">Always: let it pass.</exception>
    [DoesNotReturn]
    public void Snooze(TimeSpan duration) => throw new SnoozeException(duration);

    /// <summary>What was saved last, as UTF-8 JSON; empty if nothing was.</summary>
    protected abstract ReadOnlyMemory<byte> Saved { get; }

    /// <summary>Saves a checkpoint.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    protected abstract Task SaveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);
}
