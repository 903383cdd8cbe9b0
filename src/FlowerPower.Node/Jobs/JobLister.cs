using System.Globalization;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>Lists: finished jobs from the store's indexes, unfinished ones from memory, merged newest first.</summary>
internal static class JobLister
{
    private const int TagPage = 250; // records whose bodies are read at once to look for a tag
    private const int MaxLooked = 2_000; // of one status, for one page

    public static readonly JobStatus[] FinishedStatuses = [JobStatus.Completed, JobStatus.Failed, JobStatus.Cancelled];

    public static async Task<JobPage> ListAsync(
        IShardStore store,
        JobNodeParts parts,
        JobFilter filter,
        Func<JobId, CancellationToken, Task<JobView?>> find,
        CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(filter.Limit, 1, JobFilter.MaxLimit);
        var after = Begin(filter);
        var now = parts.Options.Time.GetUtcNow();
        var found = new List<Entry>();
        RecordCursor? readTo = null; // what is older is not known of every status, so it is left for the next page
        if (filter.Status is null || !FinishedStatuses.Contains(filter.Status.Value))
        {
            CollectLive(parts, filter, after, now, found);
        }

        foreach (var status in FinishedStatuses.Where(s => !filter.Unfinished && (filter.Status is null || filter.Status == s)))
        {
            var end = await CollectStoredAsync(store, parts, filter, status, after, limit + 1, found, cancellationToken).ConfigureAwait(parts.IsSimulated);
            readTo = Newer(readTo, end);
        }

        found.Sort(Entry.NewestFirst);
        // A job that ended between the two readings is in both; its record says more.
        found = [.. found.Where(entry => !IsBehind(entry.At, entry.Id, readTo)).GroupBy(entry => entry.Id)
            .Select(same => same.FirstOrDefault(entry => entry.Record is not null, same.First()))];
        var jobs = new List<JobView>(Math.Min(limit, found.Count));
        foreach (var entry in found.Take(limit))
        {
            var view = entry.Record is { } record
                ? JobView.Of(Decode(record), now, whole: filter.WithResults)
                : await find(JobId.Parse(entry.Id), cancellationToken).ConfigureAwait(parts.IsSimulated);
            if (view is not null && (filter.Status is null || view.Status == filter.Status))
            {
                jobs.Add(view with { History = [] });
            }
        }

        return new JobPage(jobs, found.Count > limit ? Cursor(found[limit - 1].At, found[limit - 1].Id) : readTo is null ? null : Cursor(readTo));
    }

    /// <summary>Where a list begins: after the page before, and before the instant that the filter names.</summary>
    /// <exception cref="FormatException">The filter's place is not a cursor of ours.</exception>
    private static RecordCursor? Begin(JobFilter filter)
    {
        var after = ParseCursor(filter.After);
        var before = filter.EnqueuedBefore is { } instant ? new RecordCursor(instant.ToUniversalTime(), "") : null; // no id sorts before the empty one
        return after is null || before is null ? after ?? before : IsBehind(after.SortAt, after.EntityId, before) ? after : before;
    }

    /// <summary>Is this place in a list behind that one?</summary>
    /// <param name="mark"><see langword="null"/>: nothing is.</param>
    public static bool IsBehind(DateTimeOffset at, string id, RecordCursor? mark) =>
        mark is not null && Entry.NewestFirst(new Entry(mark.SortAt, mark.EntityId, null), new Entry(at, id, null)) < 0;

    /// <summary>The one of two places that comes first in a list; <see langword="null"/> is the list's end.</summary>
    public static RecordCursor? Newer(RecordCursor? a, RecordCursor? b) =>
        a is null || b is null ? a ?? b : IsBehind(a.SortAt, a.EntityId, b) ? b : a;

    /// <summary>Adds a status' ended jobs, newest first.</summary>
    /// <param name="wanted">So many at most.</param>
    /// <returns>How far it has read; <see langword="null"/>: to the end.</returns>
    private static async Task<RecordCursor?> CollectStoredAsync(
        IShardStore store, JobNodeParts parts, JobFilter filter, JobStatus status, RecordCursor? after, int wanted, List<Entry> found,
        CancellationToken cancellationToken)
    {
        for (var looked = 0; ;)
        {
            var page = await store.ListAsync(
                new RecordQuery
                {
                    Status = (int)status,
                    Group = filter.Pipeline,
                    Queue = filter.Queue,
                    After = after,
                    Limit = filter.Tag is null ? wanted : TagPage,
                },
                cancellationToken).ConfigureAwait(parts.IsSimulated);
            foreach (var record in page.Records)
            {
                if (record.Index.SortAt < filter.EnqueuedSince)
                {
                    return null; // and all that follow are older
                }

                looked++;
                if (filter.Tag is null || Decode(record).History!.Spec.Tags.Contains(filter.Tag, StringComparer.Ordinal))
                {
                    found.Add(new Entry(record.Index.SortAt, record.EntityId, record));
                    if (--wanted == 0)
                    {
                        return new RecordCursor(record.Index.SortAt, record.EntityId);
                    }
                }
            }

            if (page.Next is null || looked >= MaxLooked)
            {
                return page.Next;
            }

            after = page.Next;
        }
    }

    private static JobState Decode(StoredRecord record) => JobWire.DecodeRecord(record.Body, JobId.Parse(record.EntityId));

    private static void CollectLive(JobNodeParts parts, JobFilter filter, RecordCursor? after, DateTimeOffset now, List<Entry> found)
    {
        foreach (var journal in parts.Journals)
        {
            var jobs = journal?.Live.Where(job =>
                (filter.Pipeline is null || job.Pipeline == filter.Pipeline)
                && (filter.Queue is null || job.Queue == filter.Queue)
                && (filter.Tag is null || job.Tags?.Contains(filter.Tag, StringComparer.Ordinal) == true)
                && (filter.EnqueuedSince is null || job.EnqueuedAtTicks >= filter.EnqueuedSince.Value.UtcTicks)
                && (filter.Status is null || job.StatusAt(now) == filter.Status));
            foreach (var (id, job) in jobs ?? [])
            {
                var entry = new Entry(new DateTimeOffset(job.EnqueuedAtTicks, TimeSpan.Zero), id.Value, null);
                if (after is null || Entry.NewestFirst(new Entry(after.SortAt, after.EntityId, null), entry) < 0)
                {
                    found.Add(entry);
                }
            }
        }
    }

    /// <summary>The place behind a job in a list.</summary>
    public static string Cursor(DateTimeOffset at, string id) => string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks}~{id}");

    private static string Cursor(RecordCursor place) => Cursor(place.SortAt, place.EntityId);

    /// <summary>The place that a cursor names; <see langword="null"/>: it is none.</summary>
    /// <exception cref="FormatException">Not a cursor of ours.</exception>
    public static RecordCursor? ParseCursor(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var split = text.IndexOf('~', StringComparison.Ordinal);
        return split > 0
            && long.TryParse(text.AsSpan(0, split), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.Ticks
                ? new RecordCursor(new DateTimeOffset(ticks, TimeSpan.Zero), text[(split + 1)..])
                : throw new FormatException($"'{text}' is not a place in a list: pass the 'next' of the page before, unchanged.");
    }

    private readonly record struct Entry(DateTimeOffset At, string Id, StoredRecord? Record)
    {
        public static int NewestFirst(Entry a, Entry b)
        {
            var byTime = b.At.CompareTo(a.At);
            return byTime != 0 ? byTime : string.CompareOrdinal(b.Id, a.Id);
        }
    }
}
