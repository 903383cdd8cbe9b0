using System.Globalization;

namespace FlowerPower.Actors;

/// <summary>A region's shards that are in this process: each is started and stopped by itself, from any thread.</summary>
internal sealed class ShardSet
{
    private readonly ActorSystem system;
    private readonly ShardRegionSettings settings;
    private readonly ActorCell parent;
    private readonly Seat[] seats;
    private readonly Lock gate = new();
    private volatile bool isStopped;

    public ShardSet(ActorSystem system, ShardRegionSettings settings)
    {
        this.system = system;
        this.settings = settings;

        // A shard handles its host's failures itself. What it throws is a fault of ours, and its entities are worth any number of tries.
        var supervision = new SupervisionStrategy { MaxRestarts = int.MaxValue };
        parent = (ActorCell)system.Spawn(
            Props.Of(static () => new RegionActor()).WithSupervision(supervision), $"shards-{settings.TypeName}");
        seats = [.. Enumerable.Range(0, settings.ShardCount).Select(_ => new Seat())];
    }

    /// <summary>The region has ended or is ending.</summary>
    public bool IsStopped => isStopped;

    /// <summary>Every shard's condition, by its number.</summary>
    public ShardRegionState State => new([.. seats.Select((seat, shard) => seat.Status.Read(shard))]);

    /// <summary>Where to tell a shard, also while it starts or ends; <see langword="null"/> if it is not in this process.</summary>
    public ActorCell? Find(int shard) => seats[shard].Cell;

    /// <summary>Starts a shard; nothing happens if it is here, or if the region ends.</summary>
    /// <returns><see langword="false"/> while a former one of the same number is still ending: try again after that.</returns>
    public bool Start(int shard)
    {
        lock (gate)
        {
            var seat = seats[shard];
            if (isStopped || seat.Cell is not null)
            {
                return !seat.IsEnding;
            }

            // A number may be served again after it was given away, and the name of the first may not be free yet.
            var name = shard.ToString(CultureInfo.InvariantCulture);
            seat.Times++;
            var status = seat.Status = new ShardStatus();
            seat.IsEnding = false;
            seat.Cell = parent.SpawnChild(
                Props.Of(() => new ShardActor(settings, shard, status))
                    .WithSupervision(settings.EntitySupervision)
                    .WithMailbox(settings.BufferPerShard),
                seat.Times == 1 ? name : $"{name}.{seat.Times}");
            return true;
        }
    }

    /// <summary>
    /// Refuses new messages for a shard, lets its entities handle what reached them, and stops its host. After the time-out they are stopped
    /// at once.
    /// </summary>
    public async Task StopAsync(int shard, TimeSpan timeout)
    {
        var seat = seats[shard];
        ActorCell cell;
        lock (gate)
        {
            if (seat.Cell is null)
            {
                return;
            }

            cell = seat.Cell;
            if (!seat.IsEnding)
            {
                seat.IsEnding = true;
                cell.PostInternal(new Envelope(ShardMessage.Drain, null));
            }
        }

        if (!await new[] { seat.Status.Stopped }.EndWithin(timeout, system.Time))
        {
            await system.StopAsync(cell, settings.HostStopTimeout);
        }

        lock (gate)
        {
            if (seat.Cell == cell)
            {
                seat.Cell = null;
            }
        }
    }

    /// <summary>Stops all of them, and the region.</summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        lock (gate)
        {
            isStopped = true;
        }

        await Task.WhenAll(Enumerable.Range(0, seats.Length).Select(shard => StopAsync(shard, timeout)));
        await system.StopAsync(parent, settings.HostStopTimeout);
    }

    private sealed class Seat
    {
        public volatile ActorCell? Cell;
        public volatile ShardStatus Status = ShardStatus.NotHere();
        public volatile bool IsEnding;
        public int Times;
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
