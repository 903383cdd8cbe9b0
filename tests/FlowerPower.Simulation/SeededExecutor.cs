using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Simulation;

/// <summary>Pipelines that take the clock's time and the seed's chance, and look at how they are run.</summary>
internal sealed class SeededExecutor(World world, SimulatedNode node, TimeProvider time) : IJobExecutor
{
    /// <summary>Returns soon.</summary>
    public const string Steady = "steady";

    /// <summary>Fails every other time.</summary>
    public const string Flaky = "flaky";

    /// <summary>Fails with an exception that is not retried.</summary>
    public const string Doomed = "doomed";

    /// <summary>Ends when it is cancelled, and not before.</summary>
    public const string Hanging = "hanging";

    /// <summary>Does not hear that it is cancelled, and returns late.</summary>
    public const string Stubborn = "stubborn";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);

    private readonly HashSet<(JobId, int)> started = [];

    /// <summary>Attempts that run now.</summary>
    public int Active { get; private set; }

    public Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken)
    {
        var attempt = job.Attempt;
        world.Note($"{node.Name} runs {spec.Id}, attempt {attempt.InAll}");
        LookAt(spec, attempt);
        if (spec.Pipeline == Steady && world.Chance(0.3))
        {
            return Task.FromResult(ResultOf(spec, attempt));
        }

        if (spec.Pipeline == Flaky && world.Chance(0.2))
        {
            throw new IOException("at once");
        }

        Active++;
        var end = new TaskCompletionSource<ReadOnlyMemory<byte>>(); // it is told from the clock's thread, and the worker hears it there
        var endsAt = spec.Pipeline switch
        {
            Hanging => DateTimeOffset.MaxValue,
            Stubborn => world.Now + world.Between(300, 3_000),
            _ => world.Now + world.Between(0, 80),
        };
        ITimer? look = null;
        look = time.CreateTimer(
            _ =>
            {
                job.Report(new JobProgress(1, 2, null));
                var isOver = world.Now >= endsAt;
                if (isOver || (cancellationToken.IsCancellationRequested && spec.Pipeline != Stubborn))
                {
                    look?.Dispose();
                    Active--;
                    End(end, isOver, spec, attempt);
                }
            },
            null, endsAt < world.Now + LookEvery ? endsAt - world.Now : LookEvery, LookEvery);
        return end.Task;
    }

    private static ReadOnlyMemory<byte> ResultOf(JobSpec spec, AttemptNumber attempt) =>
        Encoding.UTF8.GetBytes($$"""{"job":"{{spec.Id}}","attempt":{{attempt.InAll}}}""");

    private void End(TaskCompletionSource<ReadOnlyMemory<byte>> end, bool isOver, JobSpec spec, AttemptNumber attempt)
    {
        if (!isOver)
        {
            end.SetException(new OperationCanceledException());
        }
        else if (spec.Pipeline == Doomed)
        {
            end.SetException(new InvalidDataException("for ever"));
        }
        else if (spec.Pipeline == Flaky && world.Chance(0.5))
        {
            end.SetException(new IOException("this time"));
        }
        else
        {
            end.SetResult(ResultOf(spec, attempt));
        }
    }

    private void LookAt(JobSpec spec, AttemptNumber attempt)
    {
        if (world.Truth.StateOf(spec.Id).History is not { } trail || trail.AttemptsMade < attempt.InAll)
        {
            world.Break($"{node.Name} runs attempt {attempt.InAll} of {spec.Id} before its start is stored (I3).");
        }

        if (!started.Add((spec.Id, attempt.InAll)))
        {
            world.Break($"{node.Name} runs attempt {attempt.InAll} of {spec.Id} a second time (I5).");
        }

        if (Active >= node.MostSlots)
        {
            world.Break($"{node.Name} runs more than its {node.MostSlots} slots at once.");
        }
    }
}
