namespace FlowerPower.Actors;

/// <summary>A region whose shards are all in this process.</summary>
public static class LocalShardRegion
{
    /// <summary>Starts all shards at once.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range, or the system already has a region of this type.</exception>
    public static IShardRegion Start(ActorSystem system, ShardRegionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        return new Region(system, settings);
    }

    private sealed class Region : IShardRegion
    {
        private readonly ActorSystem system;
        private readonly ShardRegionSettings settings;
        private readonly ShardSet shards;
        private readonly ActorCell[] cells; // they never leave, so that a message costs no look at the set

        public Region(ActorSystem system, ShardRegionSettings settings)
        {
            this.system = system;
            this.settings = settings;
            shards = new ShardSet(system, settings);
            cells = [.. Enumerable.Range(0, settings.ShardCount).Select(Begin)];
        }

        public string TypeName => settings.TypeName;

        public int ShardCount => settings.ShardCount;

        public ShardRegionState State => shards.State;

        public void Tell(string entityId, object message, ActorRef? sender = null)
        {
            ArgumentNullException.ThrowIfNull(message);
            var shard = cells[settings.CheckedShardOf(entityId)];
            var envelope = new EntityEnvelope(entityId, message, sender, null);
            if (shards.IsStopped)
            {
                ActorCell.DropFor(shard, envelope, DeadLetterReason.ShardStopped);
            }
            else
            {
                shard.Post(envelope);
            }
        }

        public Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(message);
            var shard = cells[settings.CheckedShardOf(entityId)];
            var promise = new AskPromise<T>(system, shard, entityId, message, timeout, cancellationToken);
            if (!promise.Task.IsCompleted)
            {
                Tell(entityId, message, promise);
            }

            return promise.Task;
        }

        public Task StopAsync(TimeSpan timeout) => shards.StopAsync(timeout);

        private ActorCell Begin(int shard)
        {
            shards.Start(shard);
            return shards.Find(shard)!;
        }
    }
}
