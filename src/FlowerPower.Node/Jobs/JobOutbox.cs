using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Jobs;

/// <summary>Brings what a job has to tell to whom it concerns, again and again until it was heard. Belongs to the job's actor, and lives in its turns.</summary>
/// <remarks>Nothing is lost with it: what was not acknowledged stands in the job's state, and is told again by the next one.</remarks>
internal sealed class JobOutbox(JobNodeParts parts)
{
    private const int AtOnce = 64;

    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);

    private readonly HashSet<int> underway = [];
    private readonly HashSet<int> heard = [];
    private bool isAwaitingTimer;

    /// <summary>Send what is to be told and is not on its way; at most a few notes at once.</summary>
    public void Post(ActorContext context, JobState state)
    {
        foreach (var note in state.Links.Outbox)
        {
            if (underway.Count >= AtOnce || isAwaitingTimer)
            {
                return;
            }

            if (!heard.Contains(note.Number) && underway.Add(note.Number))
            {
                context.PipeToSelf(
                    SendAsync(note, state, context.Stopping),
                    receipt => new NoteHeard(note, receipt),
                    _ => new NoteUnheard(note));
            }
        }
    }

    /// <summary>A note was heard. Several are confirmed together, once nothing more is on its way or enough have come.</summary>
    /// <returns>The numbers to confirm; <see langword="null"/>: not yet.</returns>
    public IReadOnlyCollection<int>? Take(NoteHeard answer)
    {
        underway.Remove(answer.Note.Number);
        heard.Add(answer.Note.Number);
        if (underway.Count > 0 && heard.Count < AtOnce)
        {
            return null;
        }

        int[] numbers = [.. heard];
        heard.Clear();
        return numbers;
    }

    /// <summary>A note could not be told: again after a while.</summary>
    public void Take(ActorContext context, NoteUnheard failure)
    {
        underway.Remove(failure.Note.Number);
        if (!isAwaitingTimer)
        {
            isAwaitingTimer = true;
            context.StartTimer(this, PostNotes.Instance, AgainAfter);
        }
    }

    /// <summary>The while is over.</summary>
    public void GoOn() => isAwaitingTimer = false;

    private async Task<JobMailReceipt> SendAsync(JobNote note, JobState state, CancellationToken cancellationToken)
    {
        var me = state.History!.Spec.Id;
        switch (note.Kind)
        {
            case JobNoteKind.Subscribe:
                return await parts.Mailbox.PostAsync(note.To, new JobMail.Subscribe(me), cancellationToken);
            case JobNoteKind.Ended:
                return await parts.Mailbox.PostAsync(note.To, new JobMail.ParentEnded(me, note.Outcome!.Value), cancellationToken);
            case JobNoteKind.ReturnPermit:
                await parts.Queues.PostAsync(state.History!.Spec.Queue, new QueueMail.ReturnPermit(me, note.Permit!.Value), cancellationToken);
                return new JobMailReceipt(Exists: true, Ended: null);
            case JobNoteKind.Callback:
                // The id is made from the job's own, so that however often it is sent there is one callback. One that is refused would be refused for ever.
                var trail = state.History!;
                var spec = JobCallback.JobOf(trail.Spec, note.Outcome == JobStatus.Completed, trail.Retries) with { Id = note.To };
                if ((await parts.AllJobs.EnqueueAsync([new EnqueueRequest(spec)], cancellationToken))[0] is { IsRefused: true } refused)
                {
                    parts.Warn($"The callback of job {me} was not made: {refused.Problem ?? $"{refused.Refusal}, job {note.To} is of pipeline '{refused.Pipeline}'"}.");
                }

                return new JobMailReceipt(Exists: true, Ended: null);
            default:
                throw new InvalidOperationException($"{note.Kind} is no kind of note.");
        }
    }

    /// <summary>To the job's actor: this note was heard.</summary>
    internal sealed record NoteHeard(JobNote Note, JobMailReceipt Receipt);

    /// <summary>To the job's actor: this note was not heard, as far as is known.</summary>
    internal sealed record NoteUnheard(JobNote Note);
}

/// <summary>To a job: tell what you have to tell.</summary>
internal sealed record PostNotes
{
    public static PostNotes Instance { get; } = new();
}
