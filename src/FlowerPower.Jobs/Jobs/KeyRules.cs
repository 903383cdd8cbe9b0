namespace FlowerPower.Jobs;

/// <summary>How long a job holds its unique key. That no other one has it meanwhile is its shard's to see to: all jobs of one key are in one shard.</summary>
internal static class KeyRules
{
    /// <summary>A job that has just completed: it holds its key on, if its window is not over.</summary>
    public static JobState.Finished Completed(JobState.Finished ended) =>
        ended.Trail.Spec is { UniqueKey: not null, UniqueFor: not null } && EndOf(ended.Trail) > ended.At
            ? ended with { Trail = ended.Trail with { HoldsKey = true } }
            : ended;

    /// <summary>Is the window of a job that has ended over?</summary>
    public static bool IsOver(JobState state, DateTimeOffset now) => state.History is { HoldsKey: true } trail && now >= EndOf(trail);

    /// <summary>The key is free.</summary>
    public static JobState Release(JobState.Finished s) => s with { Trail = s.Trail with { HoldsKey = false } };

    /// <summary>When the window ends; at the calendar's end if it is longer than that.</summary>
    public static DateTimeOffset EndOf(JobTrail trail) =>
        trail.Spec.UniqueFor is { } window && window < DateTimeOffset.MaxValue - trail.EnqueuedAt ? trail.EnqueuedAt + window : DateTimeOffset.MaxValue;
}
