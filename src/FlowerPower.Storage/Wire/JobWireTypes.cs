namespace FlowerPower.Storage.Wire;

/// <summary>The stable names of stored job events. A name once shipped keeps its meaning for ever; a new meaning gets a new name.</summary>
public static class JobWireTypes
{
    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Enqueued"/>.</summary>
    public const string Enqueued = "job.enqueued.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.AttemptStarted"/>.</summary>
    public const string AttemptStarted = "job.attempt-started.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.AttemptFailed"/>.</summary>
    public const string AttemptFailed = "job.attempt-failed.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.AttemptLost"/>.</summary>
    public const string AttemptLost = "job.attempt-lost.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Completed"/>.</summary>
    public const string Completed = "job.completed.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Failed"/>.</summary>
    public const string Failed = "job.failed.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Cancelled"/>.</summary>
    public const string Cancelled = "job.cancelled.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Retried"/>.</summary>
    public const string Retried = "job.retried.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.DependentAdded"/>.</summary>
    public const string DependentAdded = "job.dependent-added.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.ParentEnded"/>.</summary>
    public const string ParentEnded = "job.parent-ended.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.NotesDelivered"/>.</summary>
    public const string NotesDelivered = "job.notes-delivered.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.KeyReleased"/>.</summary>
    public const string KeyReleased = "job.key-released.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Kept"/>.</summary>
    public const string Kept = "job.kept.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Deleted"/>.</summary>
    public const string Deleted = "job.deleted.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.LogKept"/>.</summary>
    public const string LogKept = "job.log-kept.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.CheckpointSaved"/>.</summary>
    public const string CheckpointSaved = "job.checkpoint-saved.v1";

    /// <summary>See <see cref="FlowerPower.Jobs.JobEvent.Snoozed"/>.</summary>
    public const string Snoozed = "job.snoozed.v1";

    // A record says its format in its first field; this is how an unknown one is named.
    internal const string RecordPrefix = "job.record.v";
}
