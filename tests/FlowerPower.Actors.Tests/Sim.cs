using FlowerPower.Actors.TestKit;

namespace FlowerPower.Actors.Tests;

/// <summary>A system on one thread with a clock that stands still.</summary>
internal sealed class Sim
{
    public Sim(int seed = 1, int throughput = 100, SupervisionStrategy? root = null)
    {
        Dispatcher = new DeterministicDispatcher(seed);
        System = new ActorSystem("sim", new ActorSystemOptions
        {
            Time = Time,
            Dispatcher = Dispatcher,
            Random = new Random(seed),
            Throughput = throughput,
            RootSupervision = root ?? NoJitter,
            Log = Events.Add,
        });
    }

    /// <summary>The default strategy, with round figures.</summary>
    public static SupervisionStrategy NoJitter { get; } = new() { Jitter = 0 };

    /// <summary>Real time after which a wait that should have ended long ago fails its test.</summary>
    public static TimeSpan Guard { get; } = TimeSpan.FromSeconds(20);

    public ManualTime Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    public ActorSystem System { get; }

    public List<ActorEvent> Events { get; } = [];

    public ActorRef Spawn(Func<ActorContext, object, ValueTask> receive, string? name = null) =>
        System.Spawn(Props.Of(() => new Scripted { Receive = receive }), name);

    public ActorRef Spawn(Action<ActorContext, object> receive, string? name = null) =>
        System.Spawn(Scripted.Of(receive), name);

    public TestProbe Probe(string name = "probe") => new(System, name) { Guard = TimeSpan.FromSeconds(5) };

    public void Run() => Dispatcher.RunUntilIdle();

    public void RunFor(double seconds) => Dispatcher.RunFor(Time, TimeSpan.FromSeconds(seconds));

    public long Dead(DeadLetterReason reason) => System.DeadLetters.Count(reason);
}

/// <summary>An actor whose hooks a test writes in place.</summary>
internal sealed class Scripted : Actor
{
    public Func<ActorContext, object, ValueTask> Receive { get; init; } = (_, _) => default;

    public Func<ActorContext, ValueTask> Start { get; init; } = _ => default;

    public Func<ActorContext, ValueTask> Stop { get; init; } = _ => default;

    public Func<ActorContext, Exception, object?, ValueTask> Restart { get; init; } = (_, _, _) => default;

    public static Props Of(Action<ActorContext, object> receive) => Props.Of(() => new Scripted
    {
        Receive = (context, message) =>
        {
            receive(context, message);
            return default;
        },
    });

    protected internal override ValueTask OnStart() => Start(Context);

    protected internal override ValueTask OnStop() => Stop(Context);

    protected internal override ValueTask OnRestart(Exception reason, object? message) => Restart(Context, reason, message);

    protected internal override ValueTask OnReceive(object message) => Receive(Context, message);
}

internal sealed class Boom(string text = "boom") : Exception(text);
