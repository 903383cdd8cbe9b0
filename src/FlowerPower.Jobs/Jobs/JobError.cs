namespace FlowerPower.Jobs;

/// <summary>Why an attempt, or a job, ended without a result.</summary>
/// <param name="Types">
/// The exception's type name and those of its base types, most derived first, each without its namespace
/// (<c>HttpRequestException, Exception</c>). Never empty. <see cref="RetryPolicy"/> compares against them.
/// </param>
/// <param name="Message">One sentence for people; cut to <see cref="MaxMessageLength"/>.</param>
/// <param name="Detail">
/// The stack trace, or more of the circumstances, cut to <see cref="MaxDetailLength"/>; <see langword="null"/> if there is none.
/// </param>
/// <exception cref="ArgumentException"><paramref name="Types"/> is empty.</exception>
public sealed record JobError(IReadOnlyList<string> Types, string Message, string? Detail = null)
{
    /// <summary>
    /// The greatest number of characters in <see cref="Message"/>: user code must not be able to fill a store with one error.
    /// </summary>
    public const int MaxMessageLength = 4_000;

    /// <summary>The greatest number of characters in <see cref="Detail"/>.</summary>
    public const int MaxDetailLength = 32_000;

    /// <summary>The exception's type name and those of its base types, most derived first; never empty.</summary>
    public IReadOnlyList<string> Types { get; init; } = Types.Count > 0
        ? Types
        : throw new ArgumentException("A job's error names at least one exception type.", nameof(Types));

    /// <summary>One sentence for people.</summary>
    public string Message { get; init; } = ShortText.Cut(Message, MaxMessageLength);

    /// <summary>The stack trace, or more of the circumstances; <see langword="null"/> if there is none.</summary>
    public string? Detail { get; init; } = Detail is null ? null : ShortText.Cut(Detail, MaxDetailLength);

    /// <summary>The most derived type's name.</summary>
    public string Type => Types[0];

    /// <summary>The type of an attempt that ran longer than <see cref="JobSpec.Timeout"/>.</summary>
    public const string TimeoutType = "TimeoutException";

    /// <summary>The type of a job whose workers died under it too often.</summary>
    public const string PoisonType = "WorkerLost";

    /// <summary>The type of a job that nobody started before <see cref="JobSpec.ExpiresAt"/>.</summary>
    public const string ExpiredType = "Expired";

    /// <summary>The type of a job that ended because one that it depends on did not complete.</summary>
    public const string DependencyType = "DependencyFailed";

    /// <summary>
    /// The error of an attempt that ran too long, under .NET's and Python's name, because a retry policy may name either.
    /// </summary>
    public static JobError TimedOut(string message) => new([TimeoutType, "TimeoutError", "Exception"], message);

    /// <summary>An error that no exception stands for.</summary>
    public static JobError Named(string type, string message) => new([type, "Exception"], message);

    /// <inheritdoc/>
    public bool Equals(JobError? other) =>
        other is not null && Message == other.Message && Detail == other.Detail && Types.SequenceEqual(other.Types);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Message);
}
