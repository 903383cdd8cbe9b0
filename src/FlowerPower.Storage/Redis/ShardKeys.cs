using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>The keys of one shard, all in one slot of a Redis Cluster by their hash tag.</summary>
internal sealed class ShardKeys
{
    public ShardKeys(string name, int shard)
    {
        var tag = $"{{{name}:{shard}}}";
        Head = $"{tag}:head";
        Log = $"{tag}:log";
        Records = $"{tag}:rec";
        Live = $"{tag}:live";
        Index = $"{tag}:ix";
        Buckets = $"{tag}:bk";
        Counts = $"{tag}:n";
        Expiry = $"{tag}:exp";
        All = [Head, Log, Records, Live, Index, Buckets, Counts, Expiry];
    }

    /// <summary>Hash: owner, claim, epoch, since; sequence number and token of the last batch, and through where the log was cut.</summary>
    public RedisKey Head { get; }

    /// <summary>List: one entry per group commit that was not cut, oldest first.</summary>
    public RedisKey Log { get; }

    /// <summary>Hash: each entity's record by its id.</summary>
    public RedisKey Records { get; }

    /// <summary>Sorted set, all scores 0: the ids of live records.</summary>
    public RedisKey Live { get; }

    /// <summary>Sorted set, all scores 0: bucket, instant, id of every record in the order of lists, about thirty in one member (index.lua).</summary>
    public RedisKey Index { get; }

    /// <summary>Hash: the number of each bucket (status, group, queue) that there ever was, by its name.</summary>
    public RedisKey Buckets { get; }

    /// <summary>Hash: how many records there are in each bucket, by its number.</summary>
    public RedisKey Counts { get; }

    /// <summary>Sorted set: the first places of the index's members with records that expire, by an instant before which none of them does.</summary>
    public RedisKey Expiry { get; }

    /// <summary>All of them, in the order that the scripts declare.</summary>
    public RedisKey[] All { get; }

    /// <summary>The store's own hash: format, number of shards, id.</summary>
    public static RedisKey Meta(string name) => $"{{{name}}}:store";

    /// <summary>The hash of the leases: who may claim.</summary>
    public static RedisKey Leases(string name) => $"{{{name}}}:leases";

    /// <summary>The rows of a cluster's members, the living by the ends of their leases, the dead by their deaths: in the order that the scripts declare.</summary>
    public static RedisKey[] Members(string name) => [$"{{{name}}}:members", $"{{{name}}}:living", $"{{{name}}}:dead"];
}
