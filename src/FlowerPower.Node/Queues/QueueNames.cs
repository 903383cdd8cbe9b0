using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Queues;

/// <summary>What a change of a queue's settings needs beside its gate: a name that can have settings, and the jobs that run already.</summary>
internal static class QueueNames
{
    /// <summary>So many jobs with permits are named.</summary>
    public const int MostHolders = 20;

    /// <exception cref="ArgumentException">No queue with settings can have this name.</exception>
    public static void Require(string queue)
    {
        if (string.IsNullOrEmpty(queue) || queue.Length > QueueGate.MaxNameLength || queue.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '{' or '}'))
        {
            throw new ArgumentException(
                $"A queue that has settings has a name of 1 to {QueueGate.MaxNameLength} characters without spaces and braces, not '{queue}'.", nameof(queue));
        }
    }

    /// <summary>A queue's settings as they are stored: each change of them changes the gate's record in the same step.</summary>
    public static async ValueTask<QueueSettings> ReadSettingsAsync(IShardStore store, string queue, CancellationToken cancellationToken)
    {
        if (queue.Length > QueueGate.MaxNameLength)
        {
            return QueueSettings.Plain; // it cannot have any
        }

        var id = QueueGate.IdOf(queue);
        return await store.ReadRecordAsync(ShardKey.Of(id, store.ShardCount), id, cancellationToken) is { } record
            ? QueueGateWire.DecodeRecord(record.Body, queue).Settings
            : QueueSettings.Plain;
    }

    /// <summary>Jobs that run since before the limit was set count from now on. Called when every broker keeps to the settings, so that no further one starts without a permit.</summary>
    /// <returns>The gate afterwards.</returns>
    public static async Task<QueueReceipt> AdoptAsync(
        IJobQueue jobs, IQueueMailbox queues, string queue, QueueReceipt receipt, CancellationToken cancellationToken)
    {
        if (receipt.Settings.Concurrency is null)
        {
            return receipt;
        }

        for (string? after = null; ;)
        {
            var page = await jobs.ListAsync(
                new JobFilter { Queue = queue, Status = JobStatus.Running, Limit = JobFilter.MaxLimit, After = after }, cancellationToken).ConfigureAwait(true);
            if (page.Jobs.Count > 0)
            {
                receipt = await queues.PostAsync(queue, new QueueMail.Adopt([.. page.Jobs.Select(job => job.Id)]), cancellationToken).ConfigureAwait(true);
            }

            if ((after = page.Next) is null)
            {
                return receipt;
            }
        }
    }

    public static QueueInfo InfoOf(string queue, QueueReceipt receipt, IReadOnlyDictionary<JobStatus, long> counts) =>
        new(queue, receipt.Settings, counts, receipt.Holders, receipt.Permits) { Changes = receipt.Changes };
}
