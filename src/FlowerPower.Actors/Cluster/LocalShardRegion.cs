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
        private readonly ActorCell parent;
        private readonly ActorCell[] shards;
        private readonly ShardStatus[] statuses;
        private volatile bool isStopped;

        public Region(ActorSystem system, ShardRegionSettings settings)
        {
            this.system = system;
            this.settings = settings;

            // A shard handles its host's failures itself. What it throws is a fault of ours, and its entities are worth any number of tries.
            var supervision = new SupervisionStrategy { MaxRestarts = int.MaxValue };
            parent = (ActorCell)system.Spawn(
                Props.Of(static () => new RegionActor()).WithSupervision(supervision), $"shards-{settings.TypeName}");
            statuses = [.. Enumerable.Range(0, settings.ShardCount).Select(_ => new ShardStatus())];
            shards = [.. Enumerable.Range(0, settings.ShardCount).Select(SpawnShard)];
        }

        public string TypeName => settings.TypeName;

        public int ShardCount => settings.ShardCount;

        public ShardRegionState State => new([.. statuses.Select((status, shard) => status.Read(shard))]);

        public void Tell(string entityId, object message, ActorRef? sender = null)
        {
            ArgumentNullException.ThrowIfNull(message);
            var shard = ShardOf(entityId);
            var envelope = new EntityEnvelope(entityId, message, sender, null);
            if (isStopped)
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
            var promise = new AskPromise<T>(system, ShardOf(entityId), entityId, message, timeout, cancellationToken);
            if (!promise.Task.IsCompleted)
            {
                Tell(entityId, message, promise);
            }

            return promise.Task;
        }

        public async Task StopAsync(TimeSpan timeout)
        {
            isStopped = true;
            foreach (var shard in shards)
            {
                shard.PostInternal(new Envelope(ShardMessage.Drain, null));
            }

            if (!await statuses.Select(status => status.Stopped).EndWithin(timeout, system.Time))
            {
                foreach (var shard in shards)
                {
                    shard.SendSystem(new SystemMessage.Stop());
                }
            }

            await system.StopAsync(parent, settings.HostStopTimeout);
        }

        private ActorCell SpawnShard(int shard) =>
            parent.SpawnChild(
                Props.Of(() => new ShardActor(settings, shard, statuses[shard]))
                    .WithSupervision(settings.EntitySupervision)
                    .WithMailbox(settings.BufferPerShard),
                shard.ToString(System.Globalization.CultureInfo.InvariantCulture));

        private ActorCell ShardOf(string entityId)
        {
            ArgumentException.ThrowIfNullOrEmpty(entityId);
            var shard = settings.ShardOf(entityId);
            return (uint)shard < (uint)shards.Length
                ? shards[shard]
                : throw new InvalidOperationException(
                    $"ShardOf of region {TypeName} returned {shard} for '{entityId}'; it must return 0 to {shards.Length - 1}.");
        }
    }

    private sealed class RegionActor : Actor
    {
        protected internal override ValueTask OnReceive(object message)
        {
            Unhandled(message);
            return default;
        }
    }
}
