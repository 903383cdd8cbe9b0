using System.Text;

namespace FlowerPower.Storage.Contracts;

/// <summary>An owner as the tests play it: it knows its claim and its end of the chain.</summary>
internal sealed class ShardWriter(IShardStore store, int shard, ShardOwner owner, BatchToken token)
{
    public ShardOwner Owner => owner;

    public ClaimId Claim => owner.Claim;

    /// <summary>The token that the next batch names as its previous one.</summary>
    public BatchToken Token { get; private set; } = token;

    /// <summary>Claim a shard from whoever holds it.</summary>
    public static async Task<ShardWriter> TakeAsync(IShardStore store, int shard, string node = "Ada")
    {
        var head = await store.ReadHeadAsync(shard, default);
        var owner = new ShardOwner(node, TestIds.NextClaim());
        var outcome = await store.ClaimAsync(shard, owner, head.Owner?.Claim, default);
        var granted = Assert.IsType<ClaimOutcome.Granted>(outcome);
        return new ShardWriter(store, shard, owner, granted.Head.Token);
    }

    /// <summary>The same owner on another opening of the store.</summary>
    public ShardWriter On(IShardStore other) => new(other, shard, owner, Token);

    /// <summary>The next batch, not sent.</summary>
    public ShardBatch Batch(EventFrame[]? events = null, RecordChange[]? records = null, long? cutThrough = null) => new()
    {
        Shard = shard,
        Claim = owner.Claim,
        Previous = Token,
        Token = TestIds.NextToken(),
        Events = events ?? [],
        Records = records ?? [],
        CutThrough = cutThrough,
    };

    /// <summary>Send a batch; the chain moves on if it was stored.</summary>
    public async Task<AppendOutcome> SendAsync(ShardBatch batch)
    {
        var outcome = await store.AppendAsync(batch, default);
        if (outcome is AppendOutcome.Stored or AppendOutcome.Duplicate)
        {
            Token = batch.Token;
        }

        return outcome;
    }

    /// <summary>Send a batch that must be stored.</summary>
    /// <returns>Its sequence number.</returns>
    public async Task<long> StoreAsync(EventFrame[]? events = null, RecordChange[]? records = null, long? cutThrough = null) =>
        Assert.IsType<AppendOutcome.Stored>(await SendAsync(Batch(events, records, cutThrough))).Sequence;

    public static EventFrame Event(string entityId, long version = 1, string payload = "{}") =>
        new(entityId, version, "test.happened.v1", Encoding.UTF8.GetBytes(payload));

    public static RecordChange Record(
        string entityId,
        long version = 1,
        bool isLive = true,
        int status = 1,
        string group = "",
        string queue = "default",
        DateTimeOffset? sortAt = null,
        DateTimeOffset? expiresAt = null,
        string body = "{}") =>
        new(entityId, version, isLive, new RecordIndex(status, group, queue, sortAt ?? T0), expiresAt, Encoding.UTF8.GetBytes(body));

    public static RecordChange Deletion(string entityId) => new(entityId, 1, false, null, null, default);

    public static readonly DateTimeOffset T0 = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);
}
