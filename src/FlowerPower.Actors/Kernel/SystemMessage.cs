namespace FlowerPower.Actors;

/// <summary>What goes before user messages: stop, restart, death and failure.</summary>
internal abstract class SystemMessage : LaneItem
{
    public sealed class Stop : SystemMessage;

    public sealed class Restart(TimeSpan delay) : SystemMessage
    {
        public TimeSpan Delay { get; } = delay;
    }

    /// <summary>The back-off is over.</summary>
    public sealed class Recreate : SystemMessage;

    public sealed class ChildFailed(ActorCell child, Exception reason) : SystemMessage
    {
        public ActorCell Child { get; } = child;

        public Exception Reason { get; } = reason;
    }

    /// <summary>A child has ended; an entity's unhandled messages come with it, for the shard to decide about.</summary>
    public sealed class ChildStopped(ActorCell child, Envelope? leftovers) : SystemMessage
    {
        public ActorCell Child { get; } = child;

        public Envelope? Leftovers { get; } = leftovers;
    }

    public sealed class Watch(ActorRef watcher) : SystemMessage
    {
        public ActorRef Watcher { get; } = watcher;
    }

    public sealed class Unwatch(ActorRef watcher) : SystemMessage
    {
        public ActorRef Watcher { get; } = watcher;
    }

    public sealed class DeathNotice(ActorRef dead) : SystemMessage
    {
        public ActorRef Dead { get; } = dead;
    }

    /// <summary>A message for the handler that does not wait behind the user lane.</summary>
    public sealed class Urgent(object message) : SystemMessage
    {
        public object Message { get; } = message;
    }
}
