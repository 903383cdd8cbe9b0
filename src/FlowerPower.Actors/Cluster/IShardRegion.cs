namespace FlowerPower.Actors;

/// <summary>The entities of one type, by id: the way to reach an entity that may not be active yet.</summary>
public interface IShardRegion
{
    /// <summary>What its entities are.</summary>
    string TypeName { get; }

    /// <summary>The fixed number of shards; 1 or more.</summary>
    int ShardCount { get; }

    /// <summary>
    /// Every shard's condition, by shard number; read without stopping anything, so the figures may be of slightly different moments.
    /// </summary>
    ShardRegionState State { get; }

    /// <summary>Sends to an entity, which is made if it is not active. At most once, in order per sender and entity.</summary>
    /// <exception cref="ArgumentException">The id is empty.</exception>
    void Tell(string entityId, object message, ActorRef? sender = null);

    /// <summary>Sends to an entity and waits for one reply; see <see cref="ActorRef.Ask"/> for how it can fail.</summary>
    Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>
    /// Refuses new messages, lets entities handle what reached them, stops them and then the hosts. After the time-out it stops them at
    /// once.
    /// </summary>
    /// <param name="timeout">How long entities may take by the system's clock; zero or more.</param>
    Task StopAsync(TimeSpan timeout);
}

/// <summary>What a shard is made of; one instance per incarnation of a shard.</summary>
public interface IShardHost
{
    /// <summary>
    /// Claims and recovers. Messages for the shard wait (bounded) until it is done; throwing means another host after a back-off.
    /// </summary>
    /// <remarks>
    /// Its first synchronous part runs on the shard's turn. One that throws cleans up after itself: <see cref="StopAsync"/> is not
    /// called then.
    /// </remarks>
    /// <param name="cancellationToken">Cancelled when the shard is stopped meanwhile.</param>
    ValueTask StartAsync(IShardContext context, CancellationToken cancellationToken);

    /// <summary>How to make the entity; on the shard's turn, so it must be quick. If it throws, the message is a dead letter.</summary>
    Props PropsOf(string entityId);

    /// <summary>Called once, after all entities have ended, also after <see cref="IShardContext.Fail"/>.</summary>
    ValueTask StopAsync();
}

/// <summary>A host's view of its shard; all members from any thread. Powerless once the host was dropped.</summary>
public interface IShardContext
{
    /// <summary>The shard's number, from 0.</summary>
    int Shard { get; }

    /// <summary>
    /// Sends to an entity of this shard, without a sender: a host has no mailbox for answers. A dead letter with <see cref="DeadLetterReason.FormerIncarnation"/> if this host is no longer
    /// the shard's.
    /// </summary>
    void TellEntity(string entityId, object message);

    /// <summary>
    /// Gives this host up: its entities are stopped at once, and a new host is started after a back-off. Messages wait meanwhile.
    /// </summary>
    void Fail(Exception reason);
}

/// <summary>Where a shard is.</summary>
public enum ShardPhase
{
    /// <summary>Its host is starting; messages wait.</summary>
    Starting = 1,

    /// <summary>Messages go to entities.</summary>
    Active = 2,

    /// <summary>Its host failed; entities are being stopped. Messages wait.</summary>
    Failing = 3,

    /// <summary>It waits before the next try. Messages wait.</summary>
    BackingOff = 4,

    /// <summary>Its entities finish what reached them.</summary>
    Stopping = 5,

    /// <summary>It has ended.</summary>
    Stopped = 6,
}

/// <summary>One shard's condition.</summary>
/// <param name="Shard">Its number, from 0.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="ActiveEntities">Entities in memory.</param>
/// <param name="Buffered">Messages that wait for the host or for a stopping entity.</param>
public sealed record ShardState(int Shard, ShardPhase Phase, int ActiveEntities, int Buffered);

/// <summary>The shards of a region.</summary>
/// <param name="Shards">Ascending by number, one for each shard.</param>
public sealed record ShardRegionState(IReadOnlyList<ShardState> Shards)
{
    /// <summary>Entities in memory in all shards.</summary>
    public int ActiveEntities => Shards.Sum(shard => shard.ActiveEntities);
}
