using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>How a job becomes a record: what lists find it by, and how long it stays.</summary>
internal static class JobRecords
{
    /// <summary>The write that makes a job's record.</summary>
    /// <remarks>A waiting job's status depends on the clock, so lists of live jobs come from memory and a record of one says only that it waits.</remarks>
    public static RecordChange Change(JobState state)
    {
        var trail = state.History!;
        var finished = state as JobState.Finished;
        var status = finished?.Outcome
            ?? (state is JobState.Running ? JobStatus.Running : state is JobState.Deferred ? JobStatus.Deferred : JobStatus.Pending);
        return new RecordChange(
            trail.Spec.Id.Value,
            state.Version,
            IsLive: state.IsLive,
            new RecordIndex((int)status, trail.Spec.Pipeline, trail.Spec.Queue, trail.EnqueuedAt),
            finished is null || state.IsLive ? null : ExpiryOf(finished),
            JobWire.EncodeRecord(state));
    }

    /// <summary>A retention beyond the calendar's end keeps the job for ever.</summary>
    private static DateTimeOffset? ExpiryOf(JobState.Finished state) =>
        Retention(state) is var retention && retention < DateTimeOffset.MaxValue - state.At ? state.At + retention : null;

    private static TimeSpan Retention(JobState.Finished state) =>
        state.Outcome == JobStatus.Failed ? state.Trail.Spec.FailureRetention : state.Trail.Spec.ResultRetention;
}
