namespace FlowerPower.Jobs;

/// <summary>A job's place in the waiting line: as much of it as the order needs.</summary>
/// <param name="Id">The job.</param>
/// <param name="Queue">Its queue; never empty.</param>
/// <param name="Priority">Its place inside the queue.</param>
/// <param name="EnqueuedAt">Its age, which orders the jobs of one priority; UTC.</param>
/// <param name="DueAt">Before this instant it is not taken; UTC.</param>
public readonly record struct WaitingJob(JobId Id, string Queue, JobPriority Priority, DateTimeOffset EnqueuedAt, DateTimeOffset DueAt);
