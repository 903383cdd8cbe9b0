namespace FlowerPower.Actors;

/// <summary>How a region is made. Checked when it starts.</summary>
public sealed record ShardRegionSettings
{
    /// <summary>What its entities are; part of their paths, without '/'.</summary>
    public required string TypeName { get; init; }

    /// <summary>The number of shards; 1 or more. It cannot change while entities exist.</summary>
    public required int ShardCount { get; init; }

    /// <summary>The shard of an id, from 0 to below <see cref="ShardCount"/>; the same in every process.</summary>
    public required Func<string, int> ShardOf { get; init; }

    /// <summary>Makes the host of a shard; a new one at each call.</summary>
    public required Func<int, IShardHost> Host { get; init; }

    /// <summary>
    /// Messages that may wait in one shard: for its turn, and as many again for its host or for stopping entities; 1 or more.
    /// </summary>
    public int BufferPerShard { get; init; } = 100_000;

    /// <summary>Entities of one shard beyond which the least recently used gets a <see cref="PassivationHint"/>; 1 or more.</summary>
    public int MaxActiveEntities { get; init; } = 10_000;

    /// <summary>
    /// An entity without messages for this long (and up to a quarter longer) gets a <see cref="PassivationHint"/>; <see
    /// cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The wait before the next host after a first failure; it doubles with each further one, and up to a fifth is added by chance.
    /// </summary>
    public TimeSpan RecoverBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest wait before the next host. A host that was active for this long begins at <see cref="RecoverBackoff"/> again.
    /// </summary>
    public TimeSpan MaxRecoverBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="IShardHost.StopAsync"/> may take before the shard goes on without it; more than zero.</summary>
    public TimeSpan HostStopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The rule for failing entities. <see cref="Directive.Escalate"/> fails the shard's host.</summary>
    public SupervisionStrategy EntitySupervision { get; init; } = SupervisionStrategy.Default;

    /// <exception cref="ArgumentException">The id is empty.</exception>
    /// <exception cref="InvalidOperationException"><see cref="ShardOf"/> broke its promise.</exception>
    internal int CheckedShardOf(string entityId)
    {
        ArgumentException.ThrowIfNullOrEmpty(entityId);
        var shard = ShardOf(entityId);
        return (uint)shard < (uint)ShardCount
            ? shard
            : throw new InvalidOperationException(
                $"ShardOf of region {TypeName} returned {shard} for '{entityId}'; it must return 0 to {ShardCount - 1}.");
    }

    /// <exception cref="ArgumentException">A setting is outside its range; the message names it.</exception>
    internal void Check()
    {
        if (string.IsNullOrWhiteSpace(TypeName) || TypeName.Contains('/'))
        {
            throw new ArgumentException($"TypeName '{TypeName}' cannot be part of a path: use at least one character and no '/'.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(ShardCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferPerShard, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxActiveEntities, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HostStopTimeout, TimeSpan.Zero);
        if (IdleAfter <= TimeSpan.Zero && IdleAfter != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"IdleAfter {IdleAfter} must be more than zero, or Timeout.InfiniteTimeSpan for never.");
        }

        if (RecoverBackoff < TimeSpan.Zero || MaxRecoverBackoff < RecoverBackoff)
        {
            throw new ArgumentException(
                $"RecoverBackoff {RecoverBackoff} and MaxRecoverBackoff {MaxRecoverBackoff} are no range: "
                + "set 0 <= RecoverBackoff <= MaxRecoverBackoff.");
        }

        EntitySupervision.Check();
    }
}
