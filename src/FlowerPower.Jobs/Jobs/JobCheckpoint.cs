namespace FlowerPower.Jobs;

/// <summary>What a running attempt saved, so that a later one goes on from there.</summary>
/// <param name="Attempt">The attempt that saved it; 1 or more.</param>
/// <param name="Json">Its data as UTF-8 JSON: any value, at most <see cref="MaxBytes"/>.</param>
public sealed record JobCheckpoint(int Attempt, ReadOnlyMemory<byte> Json)
{
    /// <summary>The greatest length of <see cref="Json"/>, in bytes: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <inheritdoc/>
    public bool Equals(JobCheckpoint? other) => other is not null && Attempt == other.Attempt && Json.Span.SequenceEqual(other.Json.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Attempt, Json.Length);
}
