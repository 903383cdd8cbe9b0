namespace FlowerPower.Actors;

/// <summary>Reaches the shards that other nodes hold.</summary>
public interface IShardRouter
{
    /// <summary>
    /// Does another node serve the shard now? One that is on its way here would keep what is told to it until that one lets it go, which may take
    /// long; meanwhile it is told to that one.
    /// </summary>
    bool IsServedElsewhere(int shard) => false;

    /// <summary>Sends to an entity of a shard that is not here: at most once.</summary>
    void Tell(int shard, string entityId, object message, ActorRef sender);

    /// <summary>Sends to an entity of a shard that is not here, and waits for one reply.</summary>
    /// <exception cref="ActorFailedException">The shard is on its way from one node to another, or its node is away: ask again.</exception>
    /// <exception cref="AskTimeoutException">No reply came in time: whether the message was handled is unknown.</exception>
    Task<T> Ask<T>(int shard, string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>
/// A region whose shards come and go: some are in this process, the others are reached through a router. It decides nothing about who holds
/// what, and never passes on what came from another node: that node is told that it asked the wrong one.
/// </summary>
public sealed class ClusterShardRegion : IShardRegion
{
    private readonly ActorSystem system;
    private readonly ShardRegionSettings settings;
    private readonly IShardRouter elsewhere;
    private readonly ShardSet shards;

    private ClusterShardRegion(ActorSystem system, ShardRegionSettings settings, IShardRouter elsewhere)
    {
        this.system = system;
        this.settings = settings;
        this.elsewhere = elsewhere;
        shards = new ShardSet(system, settings);
    }

    /// <summary>Makes a region without shards.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range, or the system already has a region of this type.</exception>
    public static ClusterShardRegion Start(ActorSystem system, ShardRegionSettings settings, IShardRouter elsewhere)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(elsewhere);
        settings.Check();
        return new ClusterShardRegion(system, settings, elsewhere);
    }

    /// <inheritdoc/>
    public string TypeName => settings.TypeName;

    /// <inheritdoc/>
    public int ShardCount => settings.ShardCount;

    /// <inheritdoc/>
    public ShardRegionState State => shards.State;

    /// <summary>Is the shard in this process: starting, active, or ending?</summary>
    public bool IsHere(int shard) => shards.Find(shard) is not null;

    /// <summary>Starts a shard here; nothing happens if it is here already, or if the region ends.</summary>
    /// <returns><see langword="false"/> while a former one of the same number is still ending: try again after that.</returns>
    public bool StartShard(int shard) => shards.Start(shard);

    /// <summary>
    /// Refuses new messages for a shard, lets its entities handle what reached them, and stops its host. After the time-out they are stopped
    /// at once. Nothing happens if it is not here.
    /// </summary>
    /// <param name="timeout">How long entities may take by the system's clock; zero or more.</param>
    public Task StopShardAsync(int shard, TimeSpan timeout) => shards.StopAsync(shard, timeout);

    /// <inheritdoc/>
    public void Tell(string entityId, object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var shard = settings.CheckedShardOf(entityId);
        if (elsewhere.IsServedElsewhere(shard) || !TellHere(shard, entityId, message, sender))
        {
            elsewhere.Tell(shard, entityId, message, sender ?? ActorRef.Nobody);
        }
    }

    /// <inheritdoc/>
    public Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        var shard = settings.CheckedShardOf(entityId);
        return (elsewhere.IsServedElsewhere(shard) ? null : AskHere<T>(shard, entityId, message, timeout, cancellationToken))
            ?? elsewhere.Ask<T>(shard, entityId, message, timeout, cancellationToken);
    }

    /// <summary>For what came from another node.</summary>
    /// <returns><see langword="false"/>: the shard is not here, and nobody was told.</returns>
    public bool TellHere(string entityId, object message, ActorRef? sender) =>
        TellHere(settings.CheckedShardOf(entityId), entityId, message, sender);

    /// <summary>For what came from another node.</summary>
    /// <returns><see langword="null"/>: the shard is not here, and nobody was asked.</returns>
    public Task<T>? AskHere<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        AskHere<T>(settings.CheckedShardOf(entityId), entityId, message, timeout, cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(TimeSpan timeout) => shards.StopAsync(timeout);

    private bool TellHere(int shard, string entityId, object message, ActorRef? sender)
    {
        if (shards.Find(shard) is not { } cell)
        {
            return false;
        }

        cell.Post(new EntityEnvelope(entityId, message, sender, null));
        return true;
    }

    private Task<T>? AskHere<T>(int shard, string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (shards.Find(shard) is not { } cell)
        {
            return null;
        }

        var promise = new AskPromise<T>(system, cell, entityId, message, timeout, cancellationToken);
        if (!promise.Task.IsCompleted)
        {
            cell.Post(new EntityEnvelope(entityId, message, promise, null));
        }

        return promise.Task;
    }
}
