namespace FlowerPower.Jobs;

/// <summary>The rules of a queue's gate: pure functions.</summary>
public static class QueueGateRules
{
    /// <summary>May a job run now? One that has a permit already keeps it, but may not start while the queue is paused.</summary>
    public static QueueAnswer Ask(QueueGate gate, JobId job, DateTimeOffset now)
    {
        if (gate.Settings.Pause is not null)
        {
            return new QueueAnswer(null, QueueHold.Paused);
        }

        if (gate.Permits.TryGetValue(job, out var permit))
        {
            return new QueueAnswer(permit.Number);
        }

        if (gate.Settings.Concurrency is { } most && gate.Permits.Count >= most)
        {
            return new QueueAnswer(null, QueueHold.Concurrency);
        }

        if (gate.Settings.Rate is { } rate)
        {
            var since = now - rate.Per;
            var lately = gate.Starts.Count(start => start > since);
            if (lately >= rate.Count)
            {
                return new QueueAnswer(null, QueueHold.Rate, gate.Starts[^rate.Count] + rate.Per);
            }
        }

        return new QueueAnswer(gate.LastPermit + 1);
    }

    /// <summary>The event of a permit that <see cref="Ask"/> has found; <see langword="null"/> if the job has it already, or has none.</summary>
    public static QueueGateEvent? Give(QueueGate gate, JobId job, QueueAnswer answer, DateTimeOffset now) =>
        answer.Permit is { } number && !gate.Permits.ContainsKey(job) ? new QueueGateEvent.PermitGiven(job, number) { At = now } : null;

    /// <summary>A job that runs already, since before the limit was set, counts from now on; <see langword="null"/> if it does already.</summary>
    public static QueueGateEvent? Adopt(QueueGate gate, JobId job, DateTimeOffset now) =>
        gate.Permits.ContainsKey(job) ? null : new QueueGateEvent.PermitGiven(job, gate.LastPermit + 1, IsAdopted: true) { At = now };

    /// <summary>A job gives a permit back; <see langword="null"/> if it does not have this one (any more).</summary>
    public static QueueGateEvent? Return(QueueGate gate, JobId job, long number, DateTimeOffset now) =>
        gate.Permits.TryGetValue(job, out var permit) && permit.Number == number ? new QueueGateEvent.PermitReturned(job, number) { At = now } : null;

    /// <summary>Somebody changes the settings; <see langword="null"/> if they are so already.</summary>
    public static QueueGateEvent? Change(QueueGate gate, QueueSettings settings, string by, DateTimeOffset now) =>
        gate.Settings == settings ? null : new QueueGateEvent.Changed(by, settings) { At = now };

    /// <summary>A gate after an event.</summary>
    public static QueueGate Evolve(QueueGate gate, QueueGateEvent e)
    {
        var next = e switch
        {
            QueueGateEvent.Changed x => gate with
            {
                Settings = x.Settings,
                Changes = [.. gate.Changes.TakeLast(QueueGate.MaxChanges - 1), new QueueChanged(x.At, x.By, x.Settings)],
                Starts = x.Settings.Rate is null ? [] : gate.Starts,
            },
            QueueGateEvent.PermitGiven x => gate with
            {
                Permits = gate.Permits.SetItem(x.Job, new QueuePermit(x.Number, x.At, x.IsAdopted)),
                LastPermit = x.Number,
                Starts = gate.Settings.Rate is { } rate && !x.IsAdopted ? gate.Starts.RemoveAll(start => start <= x.At - rate.Per).Add(x.At) : gate.Starts,
            },
            QueueGateEvent.PermitReturned x => gate with { Permits = gate.Permits.Remove(x.Job) },
            _ => throw new InvalidOperationException($"{e.GetType().Name} is no event of a queue."),
        };
        return next with { Version = gate.Version + 1 };
    }
}
