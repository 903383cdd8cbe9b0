using System.Globalization;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>Lists: finished jobs from the store's indexes, unfinished ones from memory, merged newest first.</summary>
internal static class JobLister
{
    public static readonly JobStatus[] FinishedStatuses = [JobStatus.Completed, JobStatus.Failed, JobStatus.Cancelled];

    public static async Task<JobPage> ListAsync(
        IShardStore store,
        JobNodeParts parts,
        JobFilter filter,
        Func<JobId, CancellationToken, Task<JobView?>> find,
        CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(filter.Limit, 1, JobFilter.MaxLimit);
        var after = ParseCursor(filter.After);
        var now = parts.Options.Time.GetUtcNow();
        var found = new List<Entry>();
        if (filter.Status is null || !FinishedStatuses.Contains(filter.Status.Value))
        {
            CollectLive(parts, filter, after, now, found);
        }

        foreach (var status in FinishedStatuses.Where(s => !filter.Unfinished && (filter.Status is null || filter.Status == s)))
        {
            var page = await store.ListAsync(
                new RecordQuery
                {
                    Status = (int)status,
                    Group = filter.Pipeline,
                    Queue = filter.Queue,
                    After = after,
                    Limit = limit + 1,
                },
                cancellationToken).ConfigureAwait(parts.IsSimulated);
            found.AddRange(page.Records.Select(record => new Entry(record.Index.SortAt, record.EntityId, record)));
        }

        found.Sort(Entry.NewestFirst);
        // A job that ended between the two readings is in both; its record says more.
        found = [.. found.GroupBy(entry => entry.Id).Select(same => same.FirstOrDefault(entry => entry.Record is not null, same.First()))];
        var jobs = new List<JobView>(Math.Min(limit, found.Count));
        foreach (var entry in found.Take(limit))
        {
            var view = entry.Record is { } record
                ? JobView.Of(JobWire.DecodeRecord(record.Body, JobId.Parse(record.EntityId)), now, whole: filter.WithResults)
                : await find(JobId.Parse(entry.Id), cancellationToken).ConfigureAwait(parts.IsSimulated);
            if (view is not null && (filter.Status is null || view.Status == filter.Status))
            {
                jobs.Add(view with { History = [] });
            }
        }

        return new JobPage(jobs, found.Count > limit ? Cursor(found[limit - 1].At, found[limit - 1].Id) : null);
    }

    private static void CollectLive(JobNodeParts parts, JobFilter filter, RecordCursor? after, DateTimeOffset now, List<Entry> found)
    {
        foreach (var journal in parts.Journals)
        {
            var jobs = journal?.Live.Where(job =>
                (filter.Pipeline is null || job.Pipeline == filter.Pipeline)
                && (filter.Queue is null || job.Queue == filter.Queue)
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

    /// <exception cref="FormatException">Not a cursor of ours.</exception>
    private static RecordCursor? ParseCursor(string? text)
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
