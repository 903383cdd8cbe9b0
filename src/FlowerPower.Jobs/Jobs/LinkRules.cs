using System.Collections.Immutable;
using static FlowerPower.Jobs.Decision;
using static FlowerPower.Jobs.JobState;

namespace FlowerPower.Jobs;

/// <summary>
/// The rules of what ties jobs together: whom a job waits for, whom it tells of its end, and what it has yet to tell. Part of <see cref="JobLifecycle"/>, and as pure.
/// </summary>
internal static class LinkRules
{
    /// <summary>A parent says how it ended.</summary>
    public static Decision Hear(JobState state, JobCommand.HearParent c, DateTimeOffset now)
    {
        if (state is not Deferred s || !s.Links.Awaits.Contains(c.Parent))
        {
            return Nothing; // heard before, or nobody waits for it any more
        }

        var parent = s.Trail.Spec.DependsOn.First(dependency => dependency.Job == c.Parent);
        return c.Outcome switch
        {
            JobStatus.Completed => Accept(new JobEvent.ParentEnded(c.Parent, JobStatus.Completed) { At = now }),
            { } outcome when parent.AllowFailure => Accept(new JobEvent.ParentEnded(c.Parent, outcome) { At = now }),
            JobStatus.Cancelled => Accept(new JobEvent.Cancelled($"job {c.Parent}", "a job that it depends on was cancelled") { At = now }),
            JobStatus.Failed => Accept(Failed(now, $"Job {c.Parent}, which this one depends on, has failed. Retry that one, then this one.")),
            _ => Accept(Failed(now, $"Job {c.Parent}, which this one depends on, does not exist: it was never enqueued, or is not kept any more.")),
        };
    }

    /// <summary>Another job wants to hear of this one's end; of one that has ended it hears at once, by the answer.</summary>
    public static Decision AddDependent(JobState state, JobId dependent, DateTimeOffset now) =>
        state.IsUnfinished && !state.Links.Dependents.Contains(dependent)
            ? Accept(new JobEvent.DependentAdded(dependent) { At = now })
            : Nothing;

    /// <summary>What was to be told was acknowledged.</summary>
    public static Decision Confirm(JobState state, IReadOnlyCollection<int> numbers, DateTimeOffset now)
    {
        ImmutableArray<int> open = [.. state.Links.Outbox.Select(note => note.Number).Where(numbers.Contains)];
        return open.IsEmpty ? Nothing : Accept(new JobEvent.NotesDelivered(open) { At = now });
    }

    /// <summary>A job that has just come, or was retried by hand: it waits for its parents, and asks each to tell it of its end; or it waits for nobody.</summary>
    /// <param name="awaits">The parents that are still waited for.</param>
    public static JobState Begin(JobTrail trail, ImmutableArray<JobId> awaits, DateTimeOffset dueAt)
    {
        if (awaits.IsEmpty)
        {
            return new Waiting(trail, dueAt, LastError: null);
        }

        var links = (trail.Links ?? JobLinks.None) with { Awaits = awaits };
        return new Deferred(trail with { Links = links.Telling(JobNoteKind.Subscribe, awaits) }, dueAt);
    }

    /// <summary>A parent has ended as it should; the last one lets the job wait for nothing but its due time and a worker.</summary>
    /// <param name="step">The trail with the step that this is, to a status.</param>
    public static JobState AfterParent(Deferred s, JobEvent.ParentEnded e, Func<JobTrail, JobStatus, string, JobTrail> step)
    {
        var links = s.Links with
        {
            Awaits = s.Links.Awaits.Remove(e.Parent),
            Outbox = s.Links.Outbox.RemoveAll(note => note.Kind == JobNoteKind.Subscribe && note.To == e.Parent), // it has heard, or need not any more
        };
        if (!links.Awaits.IsEmpty)
        {
            return s with { Trail = s.Trail with { Links = links } };
        }

        var due = s.DueAt > e.At ? s.DueAt : e.At;
        var isDue = due <= e.At;
        var trail = step(s.Trail, isDue ? JobStatus.Pending : JobStatus.Scheduled, $"job {e.Parent} {Word(e.Outcome)}");
        return new Waiting(trail with { Links = links }, due, LastError: null);
    }

    /// <summary>What a job that has just ended has to tell: its dependents, and its callback.</summary>
    public static JobState Ended(Finished ended)
    {
        var spec = ended.Trail.Spec;
        var callback = ended.Outcome switch
        {
            JobStatus.Completed => spec.OnSuccess,
            JobStatus.Failed => spec.OnFailure,
            _ => null,
        };
        if (ended.Trail.Links is null && callback is null)
        {
            return ended;
        }

        // Whom it has yet to ask something need not answer any more.
        var links = ended.Links with { Outbox = ended.Links.Outbox.RemoveAll(note => note.Kind == JobNoteKind.Subscribe), Dependents = [] };
        links = links.Telling(JobNoteKind.Ended, ended.Links.Dependents, ended.Outcome);
        if (callback is not null)
        {
            var id = JobCallback.IdOf(spec.Id, ended.Outcome == JobStatus.Completed, ended.Trail.Retries);
            links = links.Telling(JobNoteKind.Callback, [id], ended.Outcome);
        }

        return ended with { Trail = ended.Trail with { Links = links } };
    }

    /// <summary>An attempt that ran under its queue's permit has ended: the permit goes back.</summary>
    public static JobState Returning(JobState state, long permit)
    {
        var trail = state.History!;
        return state.With(trail with { Permit = null, Links = state.Links.Returning(trail.Spec.Id, permit) });
    }

    /// <summary>Notes were acknowledged.</summary>
    public static JobState Delivered(JobState state, JobEvent.NotesDelivered e)
    {
        var links = state.Links;
        var numbers = e.Numbers.ToHashSet();
        return state.With(state.History! with { Links = links with { Outbox = links.Outbox.RemoveAll(note => numbers.Contains(note.Number)) } });
    }

    /// <summary>Another job will be told of this one's end.</summary>
    public static JobState Added(JobState state, JobEvent.DependentAdded e)
    {
        var links = state.Links;
        return state.With(state.History! with { Links = links with { Dependents = links.Dependents.Add(e.Dependent) } });
    }

    private static JobEvent.Failed Failed(DateTimeOffset now, string message) =>
        new(Attempt: 0, JobError.Named(JobError.DependencyType, message)) { At = now };

    private static string Word(JobStatus outcome) => outcome switch
    {
        JobStatus.Completed => "completed",
        JobStatus.Failed => "failed",
        _ => "was cancelled",
    };
}
