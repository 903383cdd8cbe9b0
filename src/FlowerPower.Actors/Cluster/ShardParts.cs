namespace FlowerPower.Actors;

/// <summary>A message on its way to an entity: the same object in the shard's lane, in a buffer and in the entity's lane.</summary>
/// <param name="source">The host that sent it; <see langword="null"/> if it came from outside and may outlive a host.</param>
internal sealed class EntityEnvelope(string entityId, object message, ActorRef? sender, ShardContext? source) : Envelope(message, sender)
{
    public override string EntityId { get; } = entityId;

    public ShardContext? Source { get; } = source;
}

/// <summary>An entity wants to be passivated.</summary>
internal sealed class PassivateRequest(ActorCell entity)
{
    public ActorCell Entity { get; } = entity;
}

/// <summary>What a shard tells itself.</summary>
internal abstract record ShardMessage
{
    public static readonly ShardMessage Drain = new DrainAll();

    public sealed record HostStarted(ShardContext Of) : ShardMessage;

    public sealed record HostDidNotStart(ShardContext Of, Exception Reason) : ShardMessage;

    public sealed record HostFailed(ShardContext Of, Exception Reason) : ShardMessage;

    public sealed record HostStopped(Exception? Error) : ShardMessage;

    public sealed record StartHost : ShardMessage;

    public sealed record Sweep : ShardMessage;

    private sealed record DrainAll : ShardMessage;
}

/// <summary>One host's handle on its shard. Its identity marks what the host sent.</summary>
internal sealed class ShardContext(ActorCell cell, int shard) : IShardContext
{
    private volatile bool isDropped;

    public int Shard { get; } = shard;

    public void TellEntity(string entityId, object message)
    {
        ArgumentException.ThrowIfNullOrEmpty(entityId);
        ArgumentNullException.ThrowIfNull(message);
        var envelope = new EntityEnvelope(entityId, message, sender: null, this);
        if (isDropped)
        {
            ActorCell.DropFor(cell, envelope, DeadLetterReason.FormerIncarnation);
        }
        else
        {
            cell.Post(envelope);
        }
    }

    public void Fail(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!isDropped)
        {
            cell.SendSystem(new SystemMessage.Urgent(new ShardMessage.HostFailed(this, reason)));
        }
    }

    /// <summary>From now on the host has no power over the shard.</summary>
    public void Drop() => isDropped = true;
}

/// <summary>An active entity, in its shard's table and in the list by last use.</summary>
internal sealed class Entity(string id, ActorCell cell)
{
    public string Id { get; } = id;

    public ActorCell Cell { get; } = cell;

    /// <summary>The sweep at which it was last used.</summary>
    public int LastUsed { get; set; }

    public Entity? Older { get; set; }

    public Entity? Newer { get; set; }

    /// <summary>Set while the entity is ending: what came for it meanwhile.</summary>
    public EntityBuffer? Waiting { get; set; }
}

/// <summary>Messages for an entity that is ending.</summary>
internal sealed class EntityBuffer
{
    public EnvelopeList Messages;
}

/// <summary>Entities by last use, oldest first.</summary>
internal sealed class UseOrder
{
    private Entity? newest;

    public Entity? Oldest { get; private set; }

    public void Touch(Entity entity, int now)
    {
        entity.LastUsed = now;
        if (ReferenceEquals(entity, newest))
        {
            return;
        }

        Remove(entity);
        entity.Older = newest;
        if (newest is null)
        {
            Oldest = entity;
        }
        else
        {
            newest.Newer = entity;
        }

        newest = entity;
    }

    /// <summary>Takes an entity out; nothing happens if it is not in.</summary>
    public void Remove(Entity entity)
    {
        if (entity.Older is not null)
        {
            entity.Older.Newer = entity.Newer;
        }
        else if (ReferenceEquals(Oldest, entity))
        {
            Oldest = entity.Newer;
        }

        if (entity.Newer is not null)
        {
            entity.Newer.Older = entity.Older;
        }
        else if (ReferenceEquals(newest, entity))
        {
            newest = entity.Older;
        }

        entity.Older = entity.Newer = null;
    }

    public void Clear() => Oldest = newest = null;
}

/// <summary>A shard's figures, written by its turns and read by anyone.</summary>
internal sealed class ShardStatus
{
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ShardPhase phase = ShardPhase.Starting;
    private volatile int activeEntities;
    private volatile int buffered;

    /// <summary>Of a shard that has never been here.</summary>
    public static ShardStatus NotHere()
    {
        var status = new ShardStatus();
        status.End();
        return status;
    }

    public Task Stopped => stopped.Task;

    public void Write(ShardPhase newPhase, int entities, int waiting)
    {
        phase = newPhase;
        activeEntities = entities;
        buffered = waiting;
    }

    public void End()
    {
        Write(ShardPhase.Stopped, 0, 0);
        stopped.TrySetResult();
    }

    public ShardState Read(int shard) => new(shard, phase, activeEntities, buffered);
}
