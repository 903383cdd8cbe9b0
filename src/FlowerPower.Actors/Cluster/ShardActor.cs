namespace FlowerPower.Actors;

/// <summary>One shard: routes messages to its entities, makes them on demand. ShardActor.Host.cs holds its host's life.</summary>
/// <remarks>
/// Its table and its buffers together hold every message that was accepted and not yet given to an entity. An entity that ends hands back
/// what it did not handle; that goes before what came later, so each entity sees its messages in order across incarnations.
/// </remarks>
internal sealed partial class ShardActor(ShardRegionSettings settings, int shard, ShardStatus status) : Actor
{
    private const int SweepsPerIdleTime = 4;

    private readonly Dictionary<string, Entity> entities = [];
    private readonly UseOrder order = new();
    private EnvelopeList returned; // handed back by entities of a failed host: older than all in `waiting`
    private EnvelopeList waiting;
    private int buffered;
    private int sweeps;

    private ActorCell Cell => (ActorCell)Context.Self;

    protected internal override ValueTask OnStart()
    {
        if (settings.IdleAfter != Timeout.InfiniteTimeSpan)
        {
            Context.StartPeriodicTimer("sweep", new ShardMessage.Sweep(), settings.IdleAfter / SweepsPerIdleTime);
        }

        StartHost();
        return default;
    }

    protected internal override ValueTask OnReceive(object message)
    {
        if (Context.Current is EntityEnvelope envelope)
        {
            Route(envelope);
        }
        else if (message is PassivateRequest request)
        {
            BeginPassivation(request.Entity);
        }
        else if (message is ShardMessage.Sweep)
        {
            HintIdle();
        }
        else if (message is ShardMessage own)
        {
            OnOwnMessage(own);
        }
        else
        {
            Unhandled(message);
        }

        WriteStatus();
        return default;
    }

    /// <summary>From the cell, before user messages: an entity has ended.</summary>
    public void OnEntityStopped(ActorCell cell, Envelope? leftovers)
    {
        var entity = entities[cell.Name!];
        entities.Remove(entity.Id);
        order.Remove(entity);
        EnvelopeList kept = default;
        while (leftovers is not null)
        {
            var next = (Envelope?)leftovers.Next;
            leftovers.Next = null;
            if (WhyNotKept(cell, leftovers) is { } reason)
            {
                ActorCell.DropFor(cell, leftovers, reason);
            }
            else
            {
                kept.Add(leftovers);
            }

            leftovers = next;
        }

        var later = entity.Waiting?.Messages ?? default;
        buffered -= later.Count;
        while (later.Take() is { } envelope)
        {
            kept.Add(envelope);
        }

        Redeliver(entity.Id, kept);
        ContinueIfEmpty();
        WriteStatus();
    }

    private DeadLetterReason? WhyNotKept(ActorCell cell, Envelope leftover) => leftover.Message switch
    {
        InternalMessage or PassivationHint => DeadLetterReason.FormerIncarnation,
        _ when cell.IsGivenUp => DeadLetterReason.Stopped,

        // Told to the entity's own ref, so it may answer what an entity of the failed host asked.
        _ when phase == ShardPhase.Failing && leftover is not EntityEnvelope => DeadLetterReason.FormerIncarnation,
        _ => null,
    };

    private void Redeliver(string entityId, EnvelopeList kept)
    {
        var isEnding = Cell.IsToldToStop || phase == ShardPhase.Stopping || isDraining;
        var entity = !isEnding && phase == ShardPhase.Active && kept.Count > 0 ? Activate(entityId) : null;
        while (kept.Take() is { } envelope)
        {
            if (entity is not null)
            {
                entity.Cell.PostInternal(envelope);
            }
            else if (isEnding)
            {
                ActorCell.DropFor(Cell, envelope, DeadLetterReason.ShardStopped);
            }
            else if (phase == ShardPhase.Active)
            {
                ActorCell.DropFor(Cell, envelope, DeadLetterReason.ActivationFailed);
            }
            else if (MayBuffer(envelope))
            {
                returned.Add(envelope);
            }
        }
    }

    private void Route(EntityEnvelope envelope)
    {
        if (envelope.Source is { } source && source != hostContext)
        {
            ActorCell.DropFor(Cell, envelope, DeadLetterReason.FormerIncarnation);
        }
        else if (isDraining)
        {
            ActorCell.DropFor(Cell, envelope, DeadLetterReason.ShardStopped);
        }
        else if (phase == ShardPhase.Active)
        {
            Forward(envelope);
        }
        else if (MayBuffer(envelope))
        {
            waiting.Add(envelope);
        }
    }

    private void Forward(EntityEnvelope envelope)
    {
        if (!entities.TryGetValue(envelope.EntityId, out var entity))
        {
            entity = Activate(envelope.EntityId);
            if (entity is null)
            {
                ActorCell.DropFor(Cell, envelope, DeadLetterReason.ActivationFailed);
                return;
            }
        }

        if (entity.Waiting is null)
        {
            order.Touch(entity, sweeps);
            if (entity.Cell.TryPost(envelope))
            {
                return;
            }

            // It ended by itself, and the word of it is on its way to us.
            entity.Waiting = new();
        }

        if (MayBuffer(envelope))
        {
            entity.Waiting.Messages.Add(envelope);
        }
    }

    private Entity? Activate(string entityId)
    {
        Entity entity;
        try
        {
            var props = host!.PropsOf(entityId) ?? throw new InvalidOperationException("PropsOf returned null.");
            entity = new Entity(entityId, Cell.SpawnEntity(props, entityId));
        }
        catch (Exception e)
        {
            Context.System.Report(ActorEventKind.HookFailed, Cell, $"The host cannot make entity '{entityId}': {e.Message}", e);
            return null;
        }

        entities.Add(entityId, entity);
        order.Touch(entity, sweeps);
        if (entities.Count > settings.MaxActiveEntities)
        {
            Hint(order.Oldest!);
        }

        return entity;
    }

    private void HintIdle()
    {
        sweeps++;
        while (order.Oldest is { } entity && sweeps - entity.LastUsed >= SweepsPerIdleTime)
        {
            Hint(entity);
        }
    }

    /// <summary>
    /// Once per idle time: an entity that ignores the hint goes to the end of the list, so that it does not hide the others.
    /// </summary>
    private void Hint(Entity entity)
    {
        order.Touch(entity, sweeps);
        entity.Cell.PostInternal(new Envelope(PassivationHint.Instance, null));
    }

    private void BeginPassivation(ActorCell cell)
    {
        // A repeated wish, or one of a former incarnation, finds another cell or a passivation that has begun.
        if (entities.TryGetValue(cell.Name!, out var entity) && entity.Cell == cell && entity.Waiting is null)
        {
            BeginEnd(entity);
        }
    }

    /// <summary>The pill goes behind all that was forwarded; what comes from now on waits for the next incarnation.</summary>
    private void BeginEnd(Entity entity)
    {
        entity.Waiting = new();
        order.Remove(entity);
        entity.Cell.PostInternal(new Envelope(PoisonPill.Instance, null));
    }

    /// <summary>Counts a message into the buffers, or makes it a dead letter.</summary>
    private bool MayBuffer(Envelope envelope)
    {
        if (buffered >= settings.BufferPerShard)
        {
            ActorCell.DropFor(Cell, envelope, DeadLetterReason.ShardBufferFull);
            return false;
        }

        buffered++;
        return true;
    }

    private void WriteStatus() => status.Write(phase, entities.Count, buffered);
}
