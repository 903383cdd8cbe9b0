using FlowerPower.Jobs;
using FlowerPower.Node.Queues;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>What it does for queues with settings.</summary>
internal sealed partial class ClusterJobQueue : IQueueMailbox
{
    /// <summary>A permit may take any time: only how long the gate could not be asked counts.</summary>
    public Task<QueueReceipt> PostAsync(string queue, QueueMail mail, CancellationToken cancellationToken) => OnOwnerAsync(
        ShardKey.Of(QueueGate.IdOf(queue), nodes.ShardCount), owner => ((IQueueMailbox)owner).PostAsync(queue, mail, cancellationToken), cancellationToken,
        isWait: mail is QueueMail.AskPermit);

    public async Task HeedAsync(string queue, CancellationToken cancellationToken) => await HeedAllAsync(queue, cancellationToken).ConfigureAwait(false);

    public async Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default)
    {
        QueueNames.Require(queue);
        var receipt = await PostAsync(queue, new QueueMail.Change(change, by), cancellationToken).ConfigureAwait(false);
        var unaware = await HeedAllAsync(queue, cancellationToken).ConfigureAwait(false);
        receipt = await QueueNames.AdoptAsync(this, this, queue, receipt, cancellationToken).ConfigureAwait(false);
        var counts = (await QueuesAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(info => info.Name == queue)?.Counts;
        return QueueNames.InfoOf(queue, receipt, counts ?? new Dictionary<JobStatus, long>()) with { Unaware = unaware.Count == 0 ? null : unaware };
    }

    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default)
    {
        var (answers, _) = await OnAllAsync(queue => queue.QueuesAsync(cancellationToken), queue => queue.QueuesAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return [.. answers.SelectMany(queues => queues).GroupBy(info => info.Name, StringComparer.Ordinal).OrderBy(same => same.Key, StringComparer.Ordinal).Select(Join)];

        static QueueInfo Join(IGrouping<string, QueueInfo> same)
        {
            var known = same.FirstOrDefault(info => !info.Settings.IsPlain || info.Permits > 0) ?? same.First();
            return known with
            {
                Counts = same.SelectMany(info => info.Counts).GroupBy(count => count.Key).ToDictionary(count => count.Key, count => count.Sum(c => c.Value)),
            };
        }
    }

    /// <summary>Every node that hands out jobs looks at the queue's settings anew.</summary>
    /// <returns>Those that could not be told.</returns>
    private async Task<IReadOnlyList<string>> HeedAllAsync(string queue, CancellationToken cancellationToken)
    {
        var all = nodes.Living.Where(node => node.Roles.HasFlag(MemberRoles.Queue)).ToList();
        var told = await Task.WhenAll(all.Select(async node =>
        {
            try
            {
                if (nodes.QueueOf(node.Incarnation) is IQueueMailbox mailbox)
                {
                    await mailbox.HeedAsync(queue, cancellationToken).ConfigureAwait(false);
                    return true;
                }
            }
            catch (Exception error) when (error is QueueUnavailableException or ShardElsewhereException)
            {
                // It looks by itself after a while.
            }

            return false;
        })).ConfigureAwait(false);
        return [.. all.Where((_, i) => !told[i]).Select(node => $"{node.Name} at {node.Address}")];
    }
}
