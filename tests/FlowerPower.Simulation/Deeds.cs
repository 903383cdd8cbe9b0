using FlowerPower.Jobs;

namespace FlowerPower.Simulation;

/// <summary>What the seed lets happen: the callers' wishes, and what goes wrong.</summary>
internal sealed class Deeds
{
    private static readonly string[] Pipelines =
        [SeededExecutor.Steady, SeededExecutor.Steady, SeededExecutor.Flaky, SeededExecutor.Doomed, SeededExecutor.Hanging, SeededExecutor.Stubborn];

    private readonly World world;
    private readonly Callers callers;
    private readonly SeededRun simulation;
    private readonly (int Weight, Action<SimulatedNode> Deed)[] deeds;
    private readonly int weights;
    private int jobsMade;

    public Deeds(World world, Callers callers, SeededRun simulation)
    {
        this.world = world;
        this.callers = callers;
        this.simulation = simulation;
        deeds =
        [
            (30, EnqueueNew), (5, EnqueueAgain), (2, EnqueueOther), (7, node => callers.Cancel(node, AnyJob())), (5, Retry), (4, RetryAgain),
            (6, node => callers.Find(node, AnyJob())), (7, node => callers.Wait(node, AnyJob())), (2, callers.List), (6, AnswerLate),
            (2, Crash), (2, TakeOver), (2, StopOld), (1, StopCleanly), (3, node => node.SetSlots(world.Random.Next(5))), (1, BreakBroker),
            (2, CutStore),
        ];
        weights = deeds.Sum(deed => deed.Weight);
    }

    private bool hasFaults;

    /// <summary>Some runs have a store that never fails, because there a job that waits too long shows at once.</summary>
    public void ChooseWeather()
    {
        hasFaults = world.Chance(0.6);
        world.Weather.SlowestMs = world.Chance(0.3) ? 30 : 2;
        if (hasFaults && world.Chance(0.5))
        {
            world.Weather.BrokenAppends = world.Random.NextDouble() * 0.05;
        }

        if (hasFaults && world.Chance(0.7))
        {
            world.Weather.LostRequests = world.Random.NextDouble() * 0.1;
            world.Weather.LostReplies = world.Random.NextDouble() * 0.1;
        }
    }

    public void DoOne()
    {
        if (simulation.Nodes is [] or [.., { IsStopping: true } or { IsReplaced: true }])
        {
            simulation.StartNode(1 + world.Random.Next(4), world.Chance(0.2) ? [JobSpec.DefaultQueue] : null);
            return;
        }

        // A caller may still speak to a node that has been replaced.
        var node = world.Chance(0.1) ? simulation.Nodes[world.Random.Next(simulation.Nodes.Count)] : simulation.Nodes[^1];
        if (!node.IsServing)
        {
            if (world.Chance(0.1))
            {
                simulation.Crash(node); // in the middle of its start
            }

            return;
        }

        if (callers.Jobs.Count == 0)
        {
            EnqueueNew(node);
            return;
        }

        var pick = world.Random.Next(weights);
        foreach (var (weight, deed) in deeds)
        {
            if ((pick -= weight) < 0)
            {
                deed(node);
                return;
            }
        }
    }

    private JobId AnyJob() => callers.Jobs.Keys.ElementAt(world.Random.Next(callers.Jobs.Count));

    private RequestId NewRequest() => new(world.Random.NextInt64());

    private void EnqueueNew(SimulatedNode node)
    {
        for (var i = world.Chance(0.2) ? 6 : 1; i > 0; i--)
        {
            var pipeline = Pipelines[world.Random.Next(Pipelines.Length)];
            var mustEnd = pipeline is SeededExecutor.Hanging;
            var spec = new JobSpec
            {
                Id = JobId.Parse($"job-{++jobsMade}"),
                Pipeline = pipeline,
                Queue = world.Chance(0.3) ? "other" : JobSpec.DefaultQueue,
                Priority = (JobPriority)world.Random.Next((int)JobPriority.High, (int)JobPriority.Low + 1),
                Retry = new RetryPolicy
                {
                    MaxRetries = world.Random.Next(4),
                    Delay = world.Chance(0.5) ? TimeSpan.Zero : world.Between(1, 500),
                    Exceptions = ["IOException", JobError.TimeoutType],
                },
                Timeout = mustEnd || world.Chance(0.3) ? world.Between(50, 1_000) : null,
                ExpiresAt = world.Chance(0.1) ? world.Now + world.Between(1, 1_000) : null,
            };
            var due = world.Now + (world.Chance(0.2) ? world.Between(0, 2_000) : TimeSpan.Zero);
            callers.Enqueue(node, new EnqueueWish(spec, due, NewRequest()));
        }
    }

    private void EnqueueAgain(SimulatedNode node) => callers.Enqueue(node, callers.Jobs[AnyJob()]);

    /// <summary>Another caller wants the same id, perhaps for another pipeline.</summary>
    private void EnqueueOther(SimulatedNode node)
    {
        var spec = callers.Jobs[AnyJob()].Spec;
        callers.Enqueue(node, new EnqueueWish(world.Chance(0.5) ? spec : spec with { Pipeline = "another" }, world.Now, NewRequest()));
    }

    private void Retry(SimulatedNode node) => callers.Retry(node, new RetryWish(AnyJob(), NewRequest()));

    private void RetryAgain(SimulatedNode node)
    {
        if (callers.Retries.Count > 0)
        {
            callers.Retry(node, callers.Retries[world.Random.Next(callers.Retries.Count)]);
        }
    }

    private void AnswerLate(SimulatedNode node)
    {
        var id = AnyJob();
        var grants = world.Truth.EventsOf(id).OfType<JobEvent.AttemptStarted>().Select(start => start.Grant).ToList();
        var mayStillAnswer = world.Truth.StateOf(id) is JobState.Running or JobState.Finished { Outcome: JobStatus.Completed };
        var late = grants.Count - (mayStillAnswer ? 1 : 0);
        if (late > 0)
        {
            callers.AnswerLate(node, id, grants[world.Random.Next(late)]);
        }
    }

    private void Crash(SimulatedNode node) => simulation.Crash(node);

    private void TakeOver(SimulatedNode node)
    {
        if (simulation.Nodes.Count < 3)
        {
            simulation.StartNode(1 + world.Random.Next(4), queues: null);
        }
    }

    private void StopOld(SimulatedNode node)
    {
        var old = simulation.Nodes[0];
        if (old != simulation.Nodes[^1] && !old.IsStopping)
        {
            End(old);
        }
    }

    private void StopCleanly(SimulatedNode node)
    {
        if (!node.IsStopping)
        {
            End(node);
        }
    }

    private void End(SimulatedNode node)
    {
        if (node.IsServing && world.Chance(0.5))
        {
            node.Stop();
        }
        else
        {
            simulation.Crash(node);
        }
    }

    /// <summary>The broker meets a message that it cannot handle, and crashes.</summary>
    private void BreakBroker(SimulatedNode node)
    {
        world.Disturb(TimeSpan.FromSeconds(2));
        world.Note($"{node.Name}'s broker crashes");
        node.Node.Parts.Broker.Tell(new Node.Offer(default));
    }

    private void CutStore(SimulatedNode node)
    {
        if (hasFaults)
        {
            world.Weather.AwayUntil = world.Now + world.Between(10, 8_000);
            world.Note($"the store is away for {(world.Weather.AwayUntil - world.Now).TotalSeconds:0.0} s");
        }
    }
}
