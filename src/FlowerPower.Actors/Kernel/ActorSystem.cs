namespace FlowerPower.Actors;

/// <summary>What a system is given from outside: time, threads, chance, and where its events go.</summary>
public sealed record ActorSystemOptions
{
    /// <summary>The clock of all timers, Asks and back-offs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Who runs the turns; <see langword="null"/> for the thread pool.</summary>
    public IDispatcher? Dispatcher { get; init; }

    /// <summary>
    /// Where jitter comes from; <see langword="null"/> for a source of its own with an arbitrary seed. Locked by the system.
    /// </summary>
    public Random? Random { get; init; }

    /// <summary>Messages that an actor may handle before it lets others run; 1 or more.</summary>
    public int Throughput { get; init; } = 100;

    /// <summary>Called for each <see cref="ActorEvent"/>, on any thread; also published on <see cref="ActorSystem.Events"/>.</summary>
    public Action<ActorEvent>? Log { get; init; }

    /// <summary>The rule for actors spawned at the root.</summary>
    public SupervisionStrategy RootSupervision { get; init; } = SupervisionStrategy.Default;
}

/// <summary>A tree of actors with one clock, one dispatcher and one list of dead letters.</summary>
public sealed class ActorSystem : IAsyncDisposable
{
    private readonly ActorCell root;
    private readonly Random random;
    private readonly TaskCompletionSource terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts a system.</summary>
    /// <param name="name">First part of every path; not empty, without '/'.</param>
    /// <exception cref="ArgumentException">The name or an option is outside its range.</exception>
    public ActorSystem(string name, ActorSystemOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Contains('/'))
        {
            throw new ArgumentException($"'{name}' cannot be a system's name: leave out the '/'.", nameof(name));
        }

        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Throughput, 1, "options.Throughput");
        Name = name;
        Time = options.Time;
        Dispatcher = options.Dispatcher ?? ThreadPoolDispatcher.Instance;
        Throughput = options.Throughput;
        random = options.Random ?? new Random();
        DeadLetters = new(this);
        if (options.Log is { } log)
        {
            Events.Subscribe(log);
        }

        root = new ActorCell(
            this, null, Props.Of(static () => new RootActor()).WithSupervision(options.RootSupervision), null, 0, isEntity: false);
        root.Wake();
    }

    /// <summary>The first part of every path.</summary>
    public string Name { get; }

    /// <summary>The clock of the system.</summary>
    public TimeProvider Time { get; }

    /// <summary>Messages that nobody handled.</summary>
    public DeadLetters DeadLetters { get; }

    /// <summary>Events of the runtime (<see cref="ActorEvent"/>, <see cref="DeadLetter"/>) and of the application.</summary>
    public EventBus Events { get; } = new();

    /// <summary>Completes when all actors have ended.</summary>
    public Task WhenTerminated => terminated.Task;

    internal IDispatcher Dispatcher { get; }

    internal int Throughput { get; }

    /// <summary>Makes an actor at the root; from any thread.</summary>
    /// <inheritdoc cref="ActorContext.Spawn"/>
    public ActorRef Spawn(Props props, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        return root.SpawnChild(props, name);
    }

    /// <summary>A ref for code that is no actor: what is told to it goes to a delegate, on the teller's thread.</summary>
    /// <param name="name">For logs.</param>
    /// <param name="receive">Must be quick and must not throw.</param>
    public ActorRef Callback(string name, Action<object> receive) => new CallbackRef(this, name, receive);

    /// <summary>Stops all actors, children first. Completes when the last has ended: a handler that never returns holds it up.</summary>
    public Task TerminateAsync()
    {
        root.SendSystem(new SystemMessage.Stop());
        return terminated.Task;
    }

    /// <summary>Stops one actor and waits for its end.</summary>
    /// <param name="timeout">How long to wait by the system's clock; zero or more.</param>
    /// <returns>Has it ended? If not, it still will, once its handler returns.</returns>
    public async Task<bool> StopAsync(ActorRef actor, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var end = new EndOfActor(this);
        actor.SendSystem(new SystemMessage.Watch(end));
        actor.SendSystem(new SystemMessage.Stop());
        if (await new[] { end.Task }.EndWithin(timeout, Time))
        {
            return true;
        }

        actor.SendSystem(new SystemMessage.Unwatch(end));
        return false;
    }

    /// <summary>The same as <see cref="TerminateAsync"/>.</summary>
    public ValueTask DisposeAsync() => new(TerminateAsync());

    internal void OnRootStopped() => terminated.TrySetResult();

    internal double NextJitter()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    /// <summary>A timer that does not carry the starter's ExecutionContext for its whole life.</summary>
    internal ITimer StartTimer(TimerCallback callback, object state, TimeSpan due, TimeSpan period)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Time.CreateTimer(callback, state, due, period);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Time.CreateTimer(callback, state, due, period);
        }
    }

    internal void Report(ActorEventKind kind, ActorRef actor, string detail, Exception? error = null) =>
        Events.Publish(new ActorEvent(kind, actor.Path, detail, error));

    private sealed class RootActor : Actor
    {
        protected internal override ValueTask OnReceive(object message)
        {
            Unhandled(message);
            return default;
        }
    }

    private sealed class EndOfActor(ActorSystem system) : ActorRef(system)
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string Path => "end-of-actor";

        public Task Task => ended.Task;

        public override void Tell(object message, ActorRef? sender = null) =>
            Home!.DeadLetters.Record(DeadLetterReason.NoRecipient, message, this, sender);

        internal override void SendSystem(SystemMessage message)
        {
            if (message is SystemMessage.DeathNotice)
            {
                ended.TrySetResult();
            }
        }
    }
}
