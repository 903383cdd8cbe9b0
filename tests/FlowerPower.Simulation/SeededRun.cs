using System.Runtime.ExceptionServices;
using FlowerPower.Jobs;

namespace FlowerPower.Simulation;

/// <summary>One run of one seed: a store that outlives its nodes, nodes that die and take over from each other, and callers.</summary>
internal sealed class SeededRun
{
    private const int Actions = 120;

    private static readonly TimeSpan DrainWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(1);

    private readonly World world;
    private readonly Callers callers;
    private readonly SlotWatch watch;
    private readonly Deeds deeds;
    private readonly List<SimulatedNode> nodes = [];
    private int nodesMade;

    private SeededRun(int seed)
    {
        world = new World(seed);
        callers = new Callers(world);
        watch = new SlotWatch(world);
        deeds = new Deeds(world, callers, this);
    }

    /// <summary>The node that claimed its shards last and serves; <see langword="null"/>: none does just now.</summary>
    public SimulatedNode? Current => nodes.LastOrDefault() is { IsServing: true, IsStopping: false, IsReplaced: false } node ? node : null;

    /// <summary>Those that take turns: starting, serving, stopping, or fenced off and not aware of it.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => nodes;

    /// <summary>Plays a seed to its end.</summary>
    /// <returns>Everything that happened, in order.</returns>
    /// <exception cref="BrokenPromiseException">The seed showed a broken promise.</exception>
    public static IReadOnlyList<string> Run(int seed)
    {
        // A thread of its own has no synchronization context and no task scheduler of a test framework's, which have an order of their own.
        var simulation = new SeededRun(seed);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                simulation.Play();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return simulation.world.Trace;
    }

    /// <summary>Starts a node, which takes the shards from whoever has them.</summary>
    public void StartNode(int slots, IReadOnlyList<string>? queues)
    {
        nodes.ForEach(node => node.IsReplaced = true);
        nodes.Add(new SimulatedNode(world, ++nodesMade, slots, queues));
    }

    public void Crash(SimulatedNode node)
    {
        node.Crash();
        nodes.Remove(node);
        world.Disturb(TimeSpan.Zero);
    }

    private void Play()
    {
        deeds.ChooseWeather();
        StartNode(slots: 3, queues: null);
        var pace = 5 + (world.Random.NextDouble() * 200);
        for (var action = 0; action < Actions; action++)
        {
            deeds.DoOne();
            RunFor(world.Between(0, pace));
        }

        Drain();
        CheckOutcomes();
        CheckSilence();
        Stop();
    }

    private void Drain()
    {
        world.Weather.Clear();
        // What the last node went through must not keep it from going on, and a fresh one must find all of it in the store.
        var kept = world.Chance(0.5) && Current is { Queues: null } current ? current : null;
        foreach (var node in nodes.Where(node => node != kept).ToList())
        {
            Crash(node);
        }

        kept?.SetSlots(4);
        if (kept is null)
        {
            StartNode(slots: 4, queues: null);
        }

        var last = nodes[0];
        RunUntil(() => last.IsServing, DrainWithin, () => $"{last.Name} does not begin to serve");
        foreach (var wish in callers.Jobs.Values.Where(wish => wish.Answer is null))
        {
            callers.Enqueue(last, wish);
        }

        foreach (var wish in callers.Retries.Where(wish => !wish.IsAccepted && world.Chance(0.5)))
        {
            callers.Retry(last, wish);
        }

        RunUntil(
            () => callers.OpenAt(last) == 0 && world.Truth.Live.Count == 0,
            DrainWithin,
            () => $"{callers.OpenAt(last)} calls are not answered, and {world.Truth.Live.Count} jobs have not ended: "
                + string.Join(", ", world.Truth.Live.Select(id => $"{id} {world.Truth.StateOf(id).GetType().Name}")));
    }

    private void CheckOutcomes()
    {
        var views = new Dictionary<JobId, JobView?>();
        nodes[0].Do(async () =>
        {
            foreach (var id in callers.Jobs.Keys)
            {
                views[id] = await nodes[0].Node.Queue.FindAsync(id);
            }
        });
        RunUntil(() => views.Count == callers.Jobs.Count, AnswerWithin, () => "a job does not say how it ended");
        foreach (var (id, view) in views)
        {
            var trail = world.Truth.StateOf(id).History;
            var ends = view?.History.Count(step => step.Status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled);
            if (view?.IsFinished != true || ends != 1 + trail!.Retries || !view.History.SequenceEqual(trail.Transitions))
            {
                throw world.Broken($"{id} was acknowledged, and has {ends} outcomes after {trail?.Retries} retries; it is {view?.Status} (I5).");
            }

            if (System.Text.Encoding.UTF8.GetString(view.ResultJson.Span) is var result && view.Status == JobStatus.Completed
                && result != $$"""{"job":"{{id}}","attempt":{{view.Attempts}}}""")
            {
                throw world.Broken($"{id} has another result than its last attempt's: {result} (I5).");
            }
        }
    }

    /// <summary>Nothing was refused or dropped without a word.</summary>
    private void CheckSilence()
    {
        var last = nodes[0];
        callers.CheckCounts(last);
        foreach (var reason in new[]
        {
            Actors.DeadLetterReason.Unhandled, Actors.DeadLetterReason.ActivationFailed, Actors.DeadLetterReason.MailboxFull,
            Actors.DeadLetterReason.ShardBufferFull, Actors.DeadLetterReason.NotAnEntity,
        })
        {
            if (last.Node.DeadLetters.Count(reason) > 0)
            {
                throw world.Broken($"{last.Name} has dead letters that nobody can have meant: {reason} (I9).");
            }
        }
    }

    /// <summary>A clean stop comes to its end, tells whoever waits, and leaves its shards to nobody.</summary>
    private void Stop()
    {
        var last = nodes[0];
        last.Stop();
        RunUntil(() => last.HasEnded, AnswerWithin, () => $"{last.Name} does not stop");
        for (var shard = 0; shard < World.Shards; shard++)
        {
            if (world.Store.ReadHeadAsync(shard, default).AsTask().GetAwaiter().GetResult().Owner is { } owner)
            {
                throw world.Broken($"shard {shard} still belongs to {owner.Node}, which has stopped.");
            }
        }
    }

    private void RunUntil(Func<bool> isReached, TimeSpan limit, Func<string> otherwise)
    {
        var end = world.Now + limit;
        RunReady();
        while (!isReached())
        {
            if (!world.Time.FireNext(end))
            {
                throw world.Broken($"After {limit}: {otherwise()}.");
            }

            RunReady();
        }
    }

    private void RunFor(TimeSpan span)
    {
        var end = world.Now + span;
        do
        {
            RunReady();
        }
        while (world.Time.FireNext(end));
        world.Time.Advance(end - world.Now);
        RunReady();
    }

    /// <summary>Takes all turns that can be taken, each of a node by chance.</summary>
    private void RunReady()
    {
        while (StepOne())
        {
            if (world.FirstBroken is { } broken)
            {
                throw broken;
            }
        }

        nodes.RemoveAll(node => node.HasEnded && !node.IsServing);
        watch.Look(Current);
    }

    private bool StepOne()
    {
        if (nodes.Count == 0)
        {
            return false;
        }

        var first = world.Random.Next(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[(first + i) % nodes.Count].Dispatcher.Step())
            {
                return true;
            }
        }

        return false;
    }
}
