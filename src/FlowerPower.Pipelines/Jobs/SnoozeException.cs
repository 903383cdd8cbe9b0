namespace FlowerPower.Pipelines;

/// <summary>
/// Thrown by a pipeline's function that wants to go on later: the attempt ends, and another one begins after <see cref="Duration"/>. No failure: no retry is used up.
/// </summary>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is not above zero.</exception>
public sealed class SnoozeException(TimeSpan duration) : Exception("The function wants to go on later; this is no failure, and is not to be caught.")
{
    /// <summary>How long to wait; more than zero.</summary>
    public TimeSpan Duration { get; } = duration > TimeSpan.Zero
        ? duration
        : throw new ArgumentOutOfRangeException(nameof(duration), duration, "A snooze must be longer than zero.");

    /// <summary>The snooze in an exception of a run; null if that is something else.</summary>
    public static SnoozeException? In(Exception error) => (error as SnoozeException) ?? (error as NodeFailedException)?.InnerException as SnoozeException;
}
