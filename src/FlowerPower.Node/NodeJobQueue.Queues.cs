using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node;

/// <summary>What it does for queues with settings.</summary>
internal sealed partial class NodeJobQueue : IQueueMailbox
{
    private static readonly TimeSpan PermitPatience = TimeSpan.FromSeconds(20);

    public async Task<QueueReceipt> PostAsync(string queue, QueueMail mail, CancellationToken cancellationToken)
    {
        var id = QueueGate.IdOf(queue);
        if (mail is not QueueMail.AskPermit ask)
        {
            return await AskEntityAsync<QueueReceipt>(id, mail, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }

        // Whoever may not run waits at the gate for a while, and is told at once when that changes.
        var told = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asker = parts.System.Callback($"ask/{ask.Job}", message => told.TrySetResult(message));
        parts.Peers.RequireHere(ShardKey.Of(id, parts.Journals.Length));
        parts.Jobs.Tell(id, ask, asker);
        try
        {
            return (QueueReceipt)await told.Task.WaitAsync(PermitPatience, parts.Options.Time, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }
        catch (TimeoutException)
        {
            parts.Jobs.Tell(id, new ForgetAsk(ask.Job));
            return await AskEntityAsync<QueueReceipt>(id, new QueueMail.Look(), cancellationToken).ConfigureAwait(parts.IsSimulated);
        }
    }

    public async Task HeedAsync(string queue, CancellationToken cancellationToken)
    {
        if (parts.Broker != ActorRef.Nobody)
        {
            await parts.Broker.Ask<QueueHeeded>(new HeedQueue(queue), GiveUpAfter, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }
    }

    public async Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default)
    {
        QueueNames.Require(queue);
        var receipt = await PostAsync(queue, new QueueMail.Change(change, by), cancellationToken).ConfigureAwait(parts.IsSimulated);
        if (!parts.IsCluster)
        {
            await HeedAsync(queue, cancellationToken).ConfigureAwait(parts.IsSimulated);
            receipt = await QueueNames.AdoptAsync(this, this, queue, receipt, cancellationToken).ConfigureAwait(parts.IsSimulated);
        }

        var known = (await QueuesAsync(cancellationToken).ConfigureAwait(parts.IsSimulated)).FirstOrDefault(info => info.Name == queue);
        return QueueNames.InfoOf(queue, receipt, known?.Counts ?? new Dictionary<JobStatus, long>());
    }

    public Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default)
    {
        var now = parts.Options.Time.GetUtcNow();
        var counts = new Dictionary<string, Dictionary<JobStatus, long>>(StringComparer.Ordinal);
        var gates = new Dictionary<string, QueueGate>(StringComparer.Ordinal);
        foreach (var journal in parts.Journals)
        {
            journal?.Live.CountInto(counts, now);
            foreach (var gate in journal?.Gates.Values ?? [])
            {
                gates[gate.Queue] = gate;
                counts.TryAdd(gate.Queue, []);
            }
        }

        return Task.FromResult<IReadOnlyList<QueueInfo>>([.. counts.OrderBy(queue => queue.Key, StringComparer.Ordinal).Select(queue =>
            gates.GetValueOrDefault(queue.Key) is { } gate
                ? new QueueInfo(queue.Key, gate.Settings, queue.Value, [.. gate.Permits.Keys.Take(QueueNames.MostHolders)], gate.Permits.Count) { Changes = gate.Changes }
                : new QueueInfo(queue.Key, QueueSettings.Plain, queue.Value, [], 0))]);
    }
}
