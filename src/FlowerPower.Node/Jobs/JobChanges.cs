using System.Collections.Immutable;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>Tells whoever watches a whole queue of each change of this node's jobs. May be called from any thread.</summary>
internal sealed class JobChanges(TimeProvider time)
{
    private ImmutableList<ChangeReader> readers = [];

    /// <summary>A job has changed. It costs next to nothing while nobody watches.</summary>
    public void Publish(JobState state, JobProgress? progress)
    {
        var all = Volatile.Read(ref readers);
        if (all.IsEmpty || state.History is not { Spec: var spec })
        {
            return;
        }

        JobView? view = null;
        foreach (var reader in all)
        {
            if (reader.MayWant(spec))
            {
                reader.Offer(view ??= JobView.Of(state, time.GetUtcNow(), progress, whole: false));
            }
        }
    }

    /// <summary>Somebody watches from now on, until they dispose what they get.</summary>
    public ChangeReader Read(JobFilter filter)
    {
        ChangeReader? reader = null;
        reader = new ChangeReader(filter, () => ImmutableInterlocked.Update(ref readers, (all, one) => all.Remove(one), reader!));
        ImmutableInterlocked.Update(ref readers, (all, one) => all.Add(one), reader);
        return reader;
    }
}

/// <summary>Changes on their way to one reader: so many, and beyond that the oldest are skipped and counted.</summary>
internal sealed class ChangeReader(JobFilter filter, Action leave) : IDisposable
{
    /// <summary>How many changes a reader may be behind.</summary>
    public const int MaxHeld = 1_000;

    private readonly Lock gate = new();
    private readonly Queue<JobView> held = new();
    private long skipped;
    private TaskCompletionSource come = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What does not change about a job does not speak against it.</summary>
    public bool MayWant(JobSpec spec) =>
        (filter.Pipeline is null || spec.Pipeline == filter.Pipeline) && (filter.Queue is null || spec.Queue == filter.Queue);

    public void Offer(JobView view)
    {
        if ((filter.Status is { } status && view.Status != status) || (filter.Unfinished && view.IsFinished))
        {
            return;
        }

        lock (gate)
        {
            if (held.Count == MaxHeld)
            {
                held.Dequeue();
                skipped++;
            }

            held.Enqueue(view);
            come.TrySetResult();
        }
    }

    /// <summary>The next change, once there is one.</summary>
    public async Task<JobChange> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (held.TryDequeue(out var view))
                {
                    var missed = skipped;
                    skipped = 0;
                    return new JobChange(view, missed);
                }

                come = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = come.Task;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => leave();
}
