namespace FlowerPower.Jobs;

/// <summary>Which attempt of its job one is.</summary>
/// <param name="InAll">Counted over the job's whole life, without a gap; 1 or more.</param>
/// <param name="ThisRound">
/// Counted against <see cref="RetryPolicy.MaxAttempts"/>: since the job was enqueued or last retried by hand, without attempts whose worker
/// died or handed them back; 1 or more.
/// </param>
public readonly record struct AttemptNumber(int InAll, int ThisRound);
