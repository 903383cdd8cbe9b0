using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>The newest lines that a job wrote, as long as its actor lives, and who reads along. Belongs to the job's actor, and lives in its turns.</summary>
internal sealed class JobLogBook
{
    /// <summary>So many lines are kept; fewer if they are long.</summary>
    public const int MaxLines = 200;

    private const int MaxCharacters = 128 * 1024; // thousands of jobs may run at once

    private readonly Queue<JobLogLine> lines = new();
    private List<ActorRef>? readers;
    private JobLogPlace newest;
    private int characters;

    /// <summary>Somebody reads along.</summary>
    public bool IsFollowed => readers is { Count: > 0 };

    /// <summary>Lines have come; those that came before are passed over.</summary>
    public void Add(IReadOnlyList<JobLogLine> come)
    {
        List<JobLogLine> fresh = [.. come.Where(line => JobLogPlace.Of(line).CompareTo(newest) > 0)];
        if (fresh.Count == 0)
        {
            return;
        }

        newest = JobLogPlace.Of(fresh[^1]);
        foreach (var line in fresh)
        {
            lines.Enqueue(line);
            characters += line.Text.Length;
            while (lines.Count > MaxLines || characters > MaxCharacters)
            {
                characters -= lines.Dequeue().Text.Length;
            }
        }

        Tell(new LogLines(fresh, IsOver: false));
    }

    /// <summary>Events were stored: lines that came with an attempt's end may be new, and after the job's end nobody reads along any more.</summary>
    public void Take(IReadOnlyList<JobEvent> events, JobState state)
    {
        foreach (var kept in events.OfType<JobEvent.LogKept>())
        {
            Add(kept.Log.Lines);
        }

        if (state is JobState.Finished)
        {
            Tell(new LogLines([], IsOver: true));
            readers = null;
        }
    }

    /// <summary>The lines of one attempt; <see langword="null"/> if there are none.</summary>
    public IReadOnlyList<JobLogLine>? Of(int attempt) => lines.Any(line => line.Attempt == attempt) ? [.. lines.Where(line => line.Attempt == attempt)] : null;

    /// <summary>Somebody wants to read along.</summary>
    public void Follow(FollowLog follow, JobState state)
    {
        var known = After(follow.After, state, this);
        follow.Reader.Tell(known);
        if (!known.IsOver)
        {
            (readers ??= []).Add(follow.Reader);
        }
    }

    public void Unfollow(ActorRef reader) => readers?.RemoveAll(one => one == reader);

    /// <summary>The actor goes.</summary>
    public void Lose() => readers?.ForEach(static reader => reader.Tell(WatchLost.Instance));

    /// <summary>What is known of a job's lines: those that are stored with it, and those that are kept here.</summary>
    public static LogLines After(JobLogPlace? after, JobState state, JobLogBook? book) => new(
        [
            .. (state.History?.Log?.Lines ?? []).Concat(book?.lines ?? [])
                .Where(line => after is not { } place || JobLogPlace.Of(line).CompareTo(place) > 0)
                .DistinctBy(JobLogPlace.Of)
                .OrderBy(JobLogPlace.Of),
        ],
        IsOver: state is JobState.Finished or JobState.Absent);

    private void Tell(LogLines message) => readers?.ForEach(reader => reader.Tell(message));
}
