namespace FlowerPower.Actors;

/// <summary>
/// An actor of another node, by the incarnation of the node: what is told to it is given to a delegate, and it is dead once its node was
/// declared dead. A new incarnation has other refs.
/// </summary>
public sealed class RemoteRef : ActorRef
{
    private readonly Action<object, ActorRef> send;
    private readonly Lock gate = new();
    private List<ActorRef>? watchers;
    private bool isDead;

    /// <param name="system">The system of those who tell it; counts what nobody received.</param>
    /// <param name="node">The incarnation of its node.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="send">Sends at most once, without waiting and without throwing.</param>
    public RemoteRef(ActorSystem system, string node, string name, Action<object, ActorRef> send)
        : base(system)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Node = node;
        Name = name;
        this.send = send;
    }

    /// <summary>The incarnation of its node.</summary>
    public string Node { get; }

    /// <summary>Its name there.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string Path => $"{Node}/{Name}";

    /// <inheritdoc/>
    public override void Tell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Volatile.Read(ref isDead))
        {
            Drop(DeadLetterReason.Stopped, message, sender);
        }
        else
        {
            send(message, sender ?? Nobody);
        }
    }

    /// <summary>What was to be sent reaches nobody: it is counted, and its sender is told.</summary>
    public void Drop(DeadLetterReason reason, object message, ActorRef? sender) => Home!.DeadLetters.Record(reason, message, this, sender);

    /// <summary>The node's incarnation was declared dead: whoever watches is told, and whoever watches from now on is told at once.</summary>
    public void Die()
    {
        List<ActorRef>? told;
        lock (gate)
        {
            isDead = true;
            told = watchers;
            watchers = null;
        }

        foreach (var watcher in told ?? [])
        {
            watcher.SendSystem(new SystemMessage.DeathNotice(this));
        }
    }

    internal override void SendSystem(SystemMessage message)
    {
        switch (message)
        {
            case SystemMessage.Watch watch:
                lock (gate)
                {
                    if (!isDead)
                    {
                        (watchers ??= []).Add(watch.Watcher);
                        return;
                    }
                }

                base.SendSystem(message);
                break;
            case SystemMessage.Unwatch unwatch:
                lock (gate)
                {
                    watchers?.Remove(unwatch.Watcher);
                }

                break;
        }
    }
}
