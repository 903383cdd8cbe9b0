using FlowerPower.Actors;
using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Tests.Cluster;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Workers;

/// <summary>A worker between a broker and jobs that the test plays, on one thread, with a clock that stands still.</summary>
/// <remarks>Attempts run on the thread pool, as in life: <see cref="UntilAsync"/> waits for what they tell the worker.</remarks>
internal sealed class WorkerSim
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(20);

    private readonly DeterministicDispatcher dispatcher = new(seed: 1);
    private readonly SemaphoreSlim scheduled = new(0);
    private readonly ActorSystem system;

    public WorkerSim(int slots = 2)
    {
        system = new ActorSystem("sim", new ActorSystemOptions
        {
            Time = Time,
            Dispatcher = new Announcing(dispatcher, scheduled),
            Random = new Random(1),
            RootSupervision = new SupervisionStrategy { Jitter = 0 },
        });
        Broker = new TestProbe(system, "broker") { Guard = Guard };
        Board = new WorkerBoard(slots);
        var options = new NodeOptions { Time = Time, Chance = NodeChance.Seeded(1), OnNotice = notice => Notices.Add(notice.Text), OnAttemptEnded = Told.Add };
        Parts = new JobNodeParts(system, options, new WorkerId("Ada"), shardCount: 1) { Broker = Broker, Jobs = Jobs, Peers = Peers };
        Parts.Reports = AttemptReports.To(options.OnAttemptEnded, Parts.Warn, TimeProvider.System);
        Parts.Serves(0, new ShardJournal(new InMemoryShardStore(1), 0, new ShardOwner("Ada", new ClaimId(Guid.Empty)), null, Parts, _ => { }));
        Worker = system.Spawn(Props.Of(() => new WorkerActor(Parts, Executor, new WorkerGauge(), Board)), "worker");
        Parts.Worker = Worker;
        Executor.On("job", run => Ends[run.Spec.Id.Value].Task.WaitAsync(run.Cancelled));
        Run();
    }

    public ManualTime Time { get; } = new();

    public TestProbe Broker { get; }

    public PlayedPeers Peers { get; } = new() { AreThere = false };

    public PlayedJobs Jobs { get; } = new();

    public WorkerBoard Board { get; }

    public JobNodeParts Parts { get; }

    public ScriptedExecutor Executor { get; } = new();

    public ActorRef Worker { get; }

    public List<string> Notices { get; } = [];

    /// <summary>What the node told of ended attempts; read it by <see cref="AllToldAsync"/>.</summary>
    private List<AttemptReport> Told { get; } = [];

    /// <summary>Everything that has been told of ended attempts; nothing is told after this.</summary>
    public async Task<IReadOnlyList<AttemptReport>> AllToldAsync()
    {
        await Parts.Reports.CloseAsync();
        return Told;
    }

    /// <summary>How each job's attempt ends: set by the test.</summary>
    public Dictionary<string, TaskCompletionSource<string>> Ends { get; } = [];

    public void Run() => dispatcher.RunUntilIdle();

    public void RunFor(double seconds) => dispatcher.RunFor(Time, TimeSpan.FromSeconds(seconds));

    /// <summary>Tell the worker, and let everything happen that comes of it.</summary>
    public void Tell(object message, ActorRef? sender = null)
    {
        Worker.Tell(message, sender ?? Broker);
        Run();
    }

    /// <summary>Grant the worker the first attempt of a job; done when its pipeline has started.</summary>
    public async Task<ScriptedExecutor.Run> StartAsync(string id)
    {
        Grant(id);
        return await Executor.NextStartOfAsync(id);
    }

    /// <summary>Grant the worker the first attempt of a job.</summary>
    public void Grant(string id)
    {
        Ends.TryAdd(id, new TaskCompletionSource<string>());
        Tell(new RunAttempt(TestNode.NewSpec("job", id), new AttemptNumber(1, 1), GrantOf(id)));
    }

    /// <summary>Let the job's pipeline return, and the worker hear it.</summary>
    public async Task EndAsync(string id)
    {
        Ends[id].SetResult("{}");
        await UntilAsync(() => !Board.Running.ContainsKey(GrantOf(id)), $"the end of {id}");
    }

    public static GrantId GrantOf(string id) => new($"grant-{id}");

    /// <summary>Run what attempts tell the worker, as it comes, until something holds.</summary>
    public async Task UntilAsync(Func<bool> holds, string what)
    {
        Run();
        while (!holds())
        {
            if (!await scheduled.WaitAsync(Guard))
            {
                throw new TimeoutException($"Waited {Guard.TotalSeconds:0} s for {what}.");
            }

            Run();
        }
    }

    private sealed class Announcing(DeterministicDispatcher inner, SemaphoreSlim scheduled) : IDispatcher
    {
        public void Schedule(IThreadPoolWorkItem work)
        {
            inner.Schedule(work);
            scheduled.Release();
        }
    }
}

/// <summary>Jobs that answer when the test does.</summary>
internal sealed class PlayedJobs : IShardRegion
{
    public sealed record Question(string Id, object Message, TaskCompletionSource<object> Answer);

    public string TypeName => "played";

    public int ShardCount => 1;

    public ShardRegionState State => new([]);

    /// <summary>What was told, in order, without what was asked.</summary>
    public List<(string Id, object Message)> Told { get; } = [];

    /// <summary>What was asked, in order.</summary>
    public List<Question> Asked { get; } = [];

    /// <summary>The next question throws.</summary>
    public Exception? NextThrows { get; set; }

    public void Tell(string entityId, object message, ActorRef? sender = null) => Told.Add((entityId, message));

    public Task<T> Ask<T>(string entityId, object message, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (NextThrows is { } error)
        {
            NextThrows = null;
            throw error;
        }

        var question = new Question(entityId, message, new TaskCompletionSource<object>());
        Asked.Add(question);
        return AnswerAsync<T>(question.Answer.Task);
    }

    public Task StopAsync(TimeSpan timeout) => Task.CompletedTask;

    private static async Task<T> AnswerAsync<T>(Task<object> answer) => (T)await answer;
}
