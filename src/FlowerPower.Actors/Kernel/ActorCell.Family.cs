namespace FlowerPower.Actors;

/// <summary>Children, what is decided about them, and who watches whom.</summary>
internal sealed partial class ActorCell
{
    private Family? family; // made by whoever spawns first
    private RestartRecord? restarts; // the parent's turn
    private HashSet<ActorRef>? watchers;
    private ActorCell? nextSibling; // the parent's family lock
    private ActorCell? previousSibling; // the parent's family lock

    /// <summary>Makes a child; from the turn, for the root and a region from any thread.</summary>
    public ActorCell SpawnChild(Props props, string? childName)
    {
        if (childName is not null && (childName.Length == 0 || childName[0] == '$' || childName.Contains('/')))
        {
            throw new ArgumentException(
                $"'{childName}' cannot be an actor's name: use at least one character, no '/', and no '$' in front.", nameof(childName));
        }

        return OwnFamily.Add(this, props, childName, isEntity: false);
    }

    /// <summary>A shard's child: its name is unique because the shard's own table says so.</summary>
    public ActorCell SpawnEntity(Props props, string entityId) => OwnFamily.Add(this, props, entityId, isEntity: true);

    /// <summary>The parent's turn: was the actor stopped because of its failures?</summary>
    public bool IsGivenUp { get; private set; }

    private Family OwnFamily => family ?? Interlocked.CompareExchange(ref family, new Family(), null) ?? family;

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Stop:
                BeginStop();
                break;
            case SystemMessage.Restart restart:
                BeginRestart(restart.Delay);
                break;
            case SystemMessage.Recreate:
                EndBackoff();
                break;
            case SystemMessage.ChildFailed failed:
                Supervise(failed.Child, failed.Reason);
                break;
            case SystemMessage.ChildStopped stopped:
                OnChildStopped(stopped);
                break;
            case SystemMessage.Watch watch:
                (watchers ??= []).Add(watch.Watcher);
                break;
            case SystemMessage.Unwatch unwatch:
                watchers?.Remove(unwatch.Watcher);
                break;
            case SystemMessage.DeathNotice notice:
                // Only for the incarnation that watches: the next one has not asked.
                if (phase == Phase.Running && actor!.Context.EndWatch(notice.Dead))
                {
                    Deliver(new Envelope(new Terminated(notice.Dead), null));
                }

                break;
            case SystemMessage.Urgent urgent when phase == Phase.Running:
                Deliver(new Envelope(urgent.Message, null));
                break;
            case SystemMessage.Urgent urgent:
                Drop(new Envelope(urgent.Message, null), DeadLetterReason.FormerIncarnation);
                break;
        }
    }

    /// <summary>On any thread, after the system lane was closed.</summary>
    private void AnswerForTheDead(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Watch watch:
                watch.Watcher.SendSystem(new SystemMessage.DeathNotice(this));
                break;
            case SystemMessage.Urgent urgent:
                Drop(new Envelope(urgent.Message, null), ReasonOfTheDead);
                break;
        }
    }

    private void Supervise(ActorCell child, Exception reason)
    {
        if (phase is Phase.Stopping or Phase.Stopped or Phase.Restarting)
        {
            return; // the child has been told to stop already
        }

        Directive directive;
        try
        {
            directive = Props.Supervision.Decide(reason);
        }
        catch (Exception e)
        {
            System.Report(ActorEventKind.HookFailed, this, $"The supervision strategy threw, so {child.Path} is stopped: {e.Message}", e);
            directive = Directive.Stop;
        }

        switch (directive)
        {
            case Directive.Restart:
                RestartOrGiveUp(child, reason);
                break;
            case Directive.Escalate when actor is ShardActor shard:
                shard.OnEntityEscalated(reason); // gives the host up, and with it all entities
                break;
            case Directive.Escalate when Parent is not null:
                if (phase == Phase.Running)
                {
                    Fail(reason, null);
                }

                break;
            case Directive.Escalate:
                System.Report(
                    ActorEventKind.EscalatedToRoot,
                    child,
                    $"Stopped, because the failure was escalated to the root: {reason.Message}",
                    reason);
                GiveUp(child);
                break;
            default:
                GiveUp(child);
                break;
        }
    }

    private static void GiveUp(ActorCell child)
    {
        child.IsGivenUp = true;
        child.SendSystem(new SystemMessage.Stop());
    }

    private void RestartOrGiveUp(ActorCell child, Exception reason)
    {
        var strategy = Props.Supervision;
        if ((child.restarts ??= new()).Next(strategy, System.Time, System.NextJitter()) is { } delay)
        {
            child.SendSystem(new SystemMessage.Restart(delay));
            return;
        }

        System.Report(
            ActorEventKind.BudgetSpent,
            child,
            $"Stopped, because it failed after {strategy.MaxRestarts} restarts within {strategy.Within}: {reason.Message}",
            reason);
        GiveUp(child);
    }

    private void OnChildStopped(SystemMessage.ChildStopped stopped)
    {
        var isLast = OwnFamily.Remove(stopped.Child);
        if (actor is ShardActor shard)
        {
            shard.OnEntityStopped(stopped.Child, stopped.Leftovers);
        }
        else
        {
            DropAll(stopped.Child, stopped.Leftovers, DeadLetterReason.Stopped);
        }

        if (isLast && phase is Phase.Stopping or Phase.Restarting)
        {
            AfterFamily();
        }
    }

    /// <summary>Stops all children and goes on when there are none.</summary>
    private void EndFamily()
    {
        if (OwnFamily.Close())
        {
            AfterFamily();
        }
    }

    private void ReopenFamily() => family?.Reopen();

    private void TellWatchers(SystemMessage? lastCommands)
    {
        for (LaneItem? item = lastCommands; item is not null;)
        {
            var next = item.Next;
            item.Next = null;
            if (item is SystemMessage.Watch or SystemMessage.Unwatch)
            {
                Handle((SystemMessage)item);
            }
            else
            {
                AnswerForTheDead((SystemMessage)item);
            }

            item = next;
        }

        if (watchers is null)
        {
            return;
        }

        foreach (var watcher in watchers)
        {
            watcher.SendSystem(new SystemMessage.DeathNotice(this));
        }

        watchers = null;
    }

    /// <summary>The living children, as a linked list through the cells. Locked, because the root's are spawned by any thread.</summary>
    private sealed class Family
    {
        private ActorCell? first;
        private Dictionary<string, ActorCell>? byName;
        private int spawned;
        private bool isClosed;

        public ActorCell Add(ActorCell parent, Props props, string? name, bool isEntity)
        {
            ActorCell child;
            lock (this)
            {
                if (isClosed)
                {
                    throw new InvalidOperationException($"{parent.Path} is ending and makes no more children.");
                }

                child = new ActorCell(parent.System, parent, props, name, ++spawned, isEntity);
                if (name is not null && !isEntity && !(byName ??= []).TryAdd(name, child))
                {
                    throw new ArgumentException(
                        $"{parent.Path} already has a child named '{name}'; stop that one first, or choose another name.", nameof(name));
                }

                child.nextSibling = first;
                if (first is not null)
                {
                    first.previousSibling = child;
                }

                first = child;
            }

            child.Wake();
            return child;
        }

        /// <summary>Was it the last?</summary>
        public bool Remove(ActorCell child)
        {
            lock (this)
            {
                if (child.previousSibling is null)
                {
                    first = child.nextSibling;
                }
                else
                {
                    child.previousSibling.nextSibling = child.nextSibling;
                }

                if (child.nextSibling is not null)
                {
                    child.nextSibling.previousSibling = child.previousSibling;
                }

                child.nextSibling = child.previousSibling = null;
                if (child.name is not null && !child.IsEntity)
                {
                    byName!.Remove(child.name);
                }

                return first is null;
            }
        }

        /// <summary>Refuses new children and stops those there are. Are there none?</summary>
        public bool Close()
        {
            lock (this)
            {
                isClosed = true;
                for (var child = first; child is not null; child = child.nextSibling)
                {
                    child.SendSystem(new SystemMessage.Stop());
                }

                return first is null;
            }
        }

        public void Reopen()
        {
            lock (this)
            {
                isClosed = false;
            }
        }
    }
}
