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
            state.IsLive ? null : finished?.ForgottenFrom,
            JobWire.EncodeRecord(state));
    }

    /// <summary>The write that takes a job's record away.</summary>
    /// <param name="version">Of the event that did.</param>
    public static RecordChange Deletion(string id, long version) => new(id, version, IsLive: false, Index: null, ExpiresAt: null, Body: default);
}
