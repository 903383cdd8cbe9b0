using FlowerPower.Actors.TestKit;
using FlowerPower.Node;

namespace FlowerPower.Simulation;

/// <summary>One node from its start to its death or stop: it has a dispatcher of its own, so a dead one is one that takes no turn any more.</summary>
internal sealed class SimulatedNode
{
    private readonly World world;
    private readonly NodeTime time;

    public SimulatedNode(World world, int number, int slots, IReadOnlyList<string>? queues)
    {
        this.world = world;
        Name = $"n{number}";
        Slots = MostSlots = slots;
        Queues = queues;
        time = new NodeTime(world.Time);
        Dispatcher = new DeterministicDispatcher(world.Random.Next());
        Executor = new SeededExecutor(world, this, time);
        var options = new NodeOptions
        {
            Name = Name,
            WorkerSlots = slots,
            Queues = queues,
            LogEvents = world.Chance(0.5) ? 20 : 1_000,
            MaxActiveJobsPerShard = world.Chance(0.5) ? 3 : 1_000,
            Time = time,
            Chance = NodeChance.Seeded(world.Random.Next()),
            Dispatcher = Dispatcher,
            DrainTimeout = TimeSpan.FromSeconds(1),
            HandBackTimeout = TimeSpan.FromSeconds(1),
            Journal = new Node.Jobs.JournalLimits { BatchSteps = world.Chance(0.5) ? 3 : 1_000, RecordsPerBatch = 2 },
        };
        Do(async () =>
        {
            try
            {
                Node = await JobNode.StartAsync(new NodeStore(world, Name), Executor, options);
                IsServing = true;
                world.Note($"{Name} serves");
                world.Disturb(TimeSpan.Zero);
            }
            catch (FlowerPower.Storage.StoreException error)
            {
                HasEnded = true;
                world.Note($"{Name} cannot start: {error.Message}");
            }
        });
    }

    public string Name { get; }

    public DeterministicDispatcher Dispatcher { get; }

    public SeededExecutor Executor { get; }

    /// <summary>Before it serves: none.</summary>
    public JobNode Node { get => field ?? throw new InvalidOperationException($"{Name} does not serve yet."); private set; }

    public int Slots { get; private set; }

    /// <summary>As many attempts may run as it had slots at any time: those beyond a smaller number finish.</summary>
    public int MostSlots { get; private set; }

    public IReadOnlyList<string>? Queues { get; }

    public bool IsServing { get; private set; }

    public bool IsStopping { get; private set; }

    /// <summary>Another was started after it.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>It has stopped, or could not start.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Runs something as one of the node's turns, so that what it awaits comes back to the node.</summary>
    public void Do(Func<Task> act) => Dispatcher.Schedule(new Turn(world, act));

    public void Crash()
    {
        time.IsDead = true;
        IsServing = false;
        world.Note($"{Name} dies");
    }

    public void SetSlots(int slots)
    {
        Slots = slots;
        MostSlots = Math.Max(MostSlots, slots);
        world.Disturb(TimeSpan.Zero);
        world.Note($"{Name} has {slots} slots");
        Node.SetWorkerSlots(slots);
    }

    public void Stop()
    {
        IsStopping = true;
        world.Note($"{Name} is stopped");
        Do(async () =>
        {
            await Node.StopAsync();
            IsServing = false;
            HasEnded = true;
            world.Note($"{Name} has stopped");
        });
    }

    private sealed class Turn(World world, Func<Task> act) : IThreadPoolWorkItem
    {
        public void Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            try
            {
                await act();
            }
            catch (Exception error)
            {
                world.Break($"an exception reached a caller that it is not for: {error}");
            }
        }
    }
}
