namespace FlowerPower.Jobs;

/// <summary>Why an attempt, or a job, ended without a result.</summary>
/// <param name="Types">
/// The exception's type name and those of its base types, most derived first, each without its namespace
/// (<c>HttpRequestException, Exception</c>). Never empty. <see cref="RetryPolicy"/> compares against them.
/// </param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Detail">The stack trace, or more of the circumstances; <see langword="null"/> if there is none.</param>
public sealed record JobError(IReadOnlyList<string> Types, string Message, string? Detail = null)
{
    /// <summary>The most derived type's name.</summary>
    public string Type => Types[0];

    /// <summary>The type of an attempt that ran longer than <see cref="JobSpec.Timeout"/>.</summary>
    public const string TimeoutType = "TimeoutException";

    /// <summary>The type of a job whose workers died under it too often.</summary>
    public const string PoisonType = "WorkerLost";

    /// <summary>The type of a job that nobody started before <see cref="JobSpec.ExpiresAt"/>.</summary>
    public const string ExpiredType = "Expired";

    /// <summary>An error that no exception stands for.</summary>
    public static JobError Named(string type, string message) => new([type, "Exception"], message);

    /// <inheritdoc/>
    public bool Equals(JobError? other) =>
        other is not null && Message == other.Message && Detail == other.Detail && Types.SequenceEqual(other.Types);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Message);
}
