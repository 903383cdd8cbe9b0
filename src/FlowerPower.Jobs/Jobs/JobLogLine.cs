namespace FlowerPower.Jobs;

/// <summary>One line that a job wrote while it ran.</summary>
/// <param name="Attempt">The attempt that wrote it; 1 or more.</param>
/// <param name="Number">Which line of that attempt it is, those that were dropped counted; 1 or more.</param>
/// <param name="At">When, by the worker's clock; UTC.</param>
/// <param name="Text">Without a line break; cut to <see cref="MaxTextLength"/> characters.</param>
public sealed record JobLogLine(int Attempt, long Number, DateTimeOffset At, string Text)
{
    /// <summary>The greatest number of characters in <see cref="Text"/>; longer lines are cut.</summary>
    public const int MaxTextLength = 2_000;

    /// <summary>Without a line break.</summary>
    public string Text { get; init; } = ShortText.Cut(Text, MaxTextLength);

    /// <summary>
    /// Lines that the attempt wrote before this one and after the one that was read before it, and that are gone: dropped because there were too
    /// many, not kept so long, or lost on their way. 0 or more; set where lines are read.
    /// </summary>
    public long DroppedBefore { get; init; }
}

/// <summary>A line's place among all of its job's: by attempt, then by number.</summary>
public readonly record struct JobLogPlace(int Attempt, long Number) : IComparable<JobLogPlace>
{
    /// <summary>Where a line stands.</summary>
    public static JobLogPlace Of(JobLogLine line) => new(line.Attempt, line.Number);

    /// <inheritdoc/>
    public int CompareTo(JobLogPlace other) => Attempt != other.Attempt ? Attempt.CompareTo(other.Attempt) : Number.CompareTo(other.Number);

    /// <summary>How many lines between this place and a later line are missing, if that line is the next that is read.</summary>
    /// <returns>0 or more. Of an attempt's first line that is read, those before it; how many former attempts wrote afterwards is not known.</returns>
    public long MissingBefore(JobLogLine next) => Math.Max(0, next.Number - 1 - (next.Attempt == Attempt ? Number : 0));
}
