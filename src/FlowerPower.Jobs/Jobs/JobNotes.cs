namespace FlowerPower.Jobs;

/// <summary>Words on a job's history that no event of its life brought about.</summary>
public static class JobNotes
{
    /// <summary>The job with a note on its newest step, one version later; nothing else changes, so nothing else follows from it.</summary>
    /// <param name="note">Cut to <see cref="JobTrail.MaxTextLength"/> characters, together with what the step says already.</param>
    /// <exception cref="InvalidOperationException">There is no job.</exception>
    public static JobState Noted(this JobState state, string note)
    {
        var trail = state.History ?? throw new InvalidOperationException("A job that does not exist has no history to note anything on.");
        return state.With(Noted(trail, note)) with { Version = state.Version + 1 };
    }

    private static JobTrail Noted(JobTrail trail, string note)
    {
        var last = trail.Transitions[^1];
        var text = last.Note is null ? note : $"{note}; {last.Note}";
        return trail with
        {
            Transitions = trail.Transitions.SetItem(
                trail.Transitions.Length - 1,
                last with { Note = text.Length <= JobTrail.MaxTextLength ? text : text[..JobTrail.MaxTextLength] }),
        };
    }
}
