using FlowerPower.Jobs;

namespace FlowerPower.Failures.Load;

/// <summary>What a client knows of a request after it.</summary>
internal enum Answer
{
    /// <summary>It was told that the job is stored.</summary>
    Acknowledged = 1,

    /// <summary>It was told that nothing was stored.</summary>
    Refused = 2,

    /// <summary>It was told nothing it could rely on: an error, or no answer in time. The job may be stored, now or later.</summary>
    Unknown = 3,
}

/// <summary>One request of a client that a job be enqueued, and what came of it.</summary>
/// <param name="InvokedAt">A timestamp of the machine, as <paramref name="AnsweredAt"/>.</param>
/// <param name="Why">Why it was not acknowledged; else <see langword="null"/>.</param>
internal sealed record Invocation(string Job, int Client, long InvokedAt, long AnsweredAt, Answer Answer, string? Why);

/// <summary>A client was told that a job has ended: from then on its outcome was visible.</summary>
internal sealed record Sighting(string Job, long At, JobStatus Status, string? Result, DateTimeOffset? FinishedAt);

/// <summary>How busy the workers were at a moment.</summary>
/// <param name="Running">Jobs that ran.</param>
/// <param name="Slots">Jobs that could have run at once on all workers that lived.</param>
internal sealed record SlotSample(DateTimeOffset At, long Running, int Slots);

/// <summary>An entry of a shard's log as it was read once.</summary>
/// <param name="Read">Which reading, from 1; the readings follow each other.</param>
internal sealed record LogSighting(int Read, int Shard, long Sequence, string Digest);

/// <summary>Where a shard's chain stood when it was read.</summary>
internal sealed record HeadSighting(int Read, int Shard, long Sequence, string Token);
