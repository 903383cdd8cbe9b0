namespace FlowerPower.Jobs;

/// <summary>What users see of a job's place in its life.</summary>
public enum JobStatus
{
    /// <summary>Accepted; its due time has not come.</summary>
    Scheduled = 1,

    /// <summary>Due, and waiting for a worker.</summary>
    Pending = 2,

    /// <summary>One attempt is with a worker.</summary>
    Running = 3,

    /// <summary>An attempt failed; the next one is not due yet. It holds no worker slot.</summary>
    Retrying = 4,

    /// <summary>Ended with a result.</summary>
    Completed = 5,

    /// <summary>Ended without one: out of attempts, an error that is not retried, or expired.</summary>
    Failed = 6,

    /// <summary>Ended by somebody's wish.</summary>
    Cancelled = 7,

    /// <summary>Accepted, and waiting for other jobs to end.</summary>
    Deferred = 8,
}
