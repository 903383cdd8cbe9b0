using FlowerPower.Storage;

namespace FlowerPower.Simulation;

/// <summary>
/// One node's way to the store. A request and its reply take time, and each can be lost; a request that is on its way when its node dies arrives
/// all the same, which is what the fence is for.
/// </summary>
internal sealed class NodeStore(World world, string node) : IShardStore
{
    /// <summary>A lost grant is swept up after five seconds, at the earliest five seconds later; then its job is looked at each second.</summary>
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(12);

    private readonly InMemoryShardStore store = world.Store;

    public int ShardCount => store.ShardCount;

    public ValueTask<ClaimOutcome> ClaimAsync(int shard, ShardOwner mine, ClaimId? previous, CancellationToken cancellationToken) =>
        Call($"claims {shard}", () =>
        {
            var outcome = Now(store.ClaimAsync(shard, mine, previous, default));
            if (outcome is ClaimOutcome.Granted)
            {
                world.Truth.Claimed(shard, mine);
            }

            return outcome;
        });

    public ValueTask<ShardHead> ReadHeadAsync(int shard, CancellationToken cancellationToken) =>
        Call("", () => Now(store.ReadHeadAsync(shard, default)));

    public async ValueTask ReleaseAsync(int shard, ClaimId claim, CancellationToken cancellationToken) =>
        await Call($"releases {shard}", () =>
        {
            store.ReleaseAsync(shard, claim, default).AsTask().GetAwaiter().GetResult();
            world.Truth.Released(shard, claim);
            return true;
        });

    public ValueTask<AppendOutcome> AppendAsync(ShardBatch batch, CancellationToken cancellationToken) =>
        Call($"appends {batch.Events.Count}+{batch.Records.Count} to {batch.Shard}", isAppend: true, apply: () =>
        {
            var outcome = Now(store.AppendAsync(batch, default));
            if (outcome is AppendOutcome.Stored stored)
            {
                world.Truth.Stored(world, batch, stored.Sequence);
            }

            return outcome;
        });

    public ValueTask<LogPage> ReadLogAsync(int shard, long after, int maxEntries, CancellationToken cancellationToken) =>
        Call("", () => Now(store.ReadLogAsync(shard, after, maxEntries, default)));

    public ValueTask<IReadOnlyList<StoredRecord>> ReadLiveAsync(int shard, string? after, int maxRecords, CancellationToken cancellationToken) =>
        Call("", () => Now(store.ReadLiveAsync(shard, after, maxRecords, default)));

    public ValueTask<StoredRecord?> ReadRecordAsync(int shard, string entityId, CancellationToken cancellationToken) =>
        Call("", () => Now(store.ReadRecordAsync(shard, entityId, default)));

    public ValueTask<RecordPage> ListAsync(RecordQuery query, CancellationToken cancellationToken) =>
        Call("", () => Now(store.ListAsync(query, default)));

    public ValueTask<IReadOnlyDictionary<int, long>> CountByStatusAsync(CancellationToken cancellationToken) =>
        Call("", () => Now(store.CountByStatusAsync(default)));

    public ValueTask<int?> PruneAsync(int shard, ClaimId claim, DateTimeOffset now, int maxRecords, CancellationToken cancellationToken) =>
        Call("", () => Now(store.PruneAsync(shard, claim, now, maxRecords, default)));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask; // the next node reads it

    private static T Now<T>(ValueTask<T> answer) =>
        answer.IsCompleted ? answer.GetAwaiter().GetResult() : throw new InvalidOperationException("The store in memory answers at once.");

    private ValueTask<T> Call<T>(string what, Func<T> apply, bool isAppend = false)
    {
        var weather = world.Weather;
        var isLost = world.Now < weather.AwayUntil || world.Chance(weather.LostRequests);
        var breaks = isAppend && world.Chance(weather.BrokenAppends);
        isLost |= breaks && world.Chance(0.5);
        var replyIsLost = breaks || world.Chance(weather.LostReplies);
        var reply = new TaskCompletionSource<T>(); // its awaiter says where it goes on: on its node's dispatcher
        world.After(world.Between(0.1, weather.SlowestMs), () =>
        {
            T? answer = default;
            Exception? error = null;
            try
            {
                answer = isLost ? throw new StoreUnavailableException("the request was lost") : apply();
            }
            catch (StoreException unavailable)
            {
                error = unavailable;
            }

            if (isLost || replyIsLost)
            {
                world.Disturb(AfterFault);
            }

            if (what.Length > 0)
            {
                world.Note($"{node} {what}: {(isLost ? "lost" : replyIsLost ? "reply lost" : answer?.GetType().Name)}");
            }

            error = breaks ? new IOException("the store broke") : error ?? (replyIsLost ? new StoreUnavailableException("the reply was lost") : null);
            world.After(world.Between(0.1, weather.SlowestMs), () =>
            {
                if (error is not null)
                {
                    reply.SetException(error);
                }
                else
                {
                    reply.SetResult(answer!);
                }
            });
        });
        return new ValueTask<T>(reply.Task);
    }
}
