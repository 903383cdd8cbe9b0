using System.Collections.Immutable;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>Reads the part of a JSON record that every state has: what the job is, and how it got where it is.</summary>
/// <remarks>
/// A step is an array: ticks since the job was enqueued, status, attempt, by, note, grant, request; what is empty at its end is left out. In format 2
/// the attempt −1 stands for "attempt and by as in the step before", and no by follows; the number of attempts made is left out where it
/// is the last step's; and the first step's request is a field of the record.
/// </remarks>
internal static class JsonTrailWire
{
    private const int AsBefore = -1;

    /// <summary>Reads the field at hand if it is one of the trail's.</summary>
    public static bool ReadField(ref WireReader r, ref Fields f, JobId? id)
    {
        if (r.Is(WireNames.Spec))
        {
            f.Spec = SpecWire.Read(ref r, id);
        }
        else if (r.Is(WireNames.EnqueuedAt))
        {
            f.EnqueuedAt = r.Instant();
        }
        else if (r.Is(WireNames.Steps))
        {
            f.Steps = ReadSteps(ref r, WireReader.Required(f.EnqueuedAt, WireNames.EnqueuedAt));
        }
        else if (r.Is(WireNames.Request))
        {
            f.FirstRequest = new RequestId(r.Number());
        }
        else if (r.Is(WireNames.AttemptsMade))
        {
            f.AttemptsMade = r.SmallNumber();
        }
        else if (r.Is(WireNames.FailuresMade))
        {
            f.FailuresMade = r.SmallNumber();
        }
        else if (r.Is(WireNames.Crashes))
        {
            f.Crashes = r.SmallNumber();
        }
        else if (r.Is(WireNames.Retries))
        {
            f.Retries = r.SmallNumber();
        }
        else if (r.Is(WireNames.Dropped))
        {
            f.Dropped = r.SmallNumber();
        }
        else
        {
            return false;
        }

        return true;
    }

    private static ImmutableArray<JobTransition> ReadSteps(ref WireReader r, DateTimeOffset enqueuedAt)
    {
        var steps = ImmutableArray.CreateBuilder<JobTransition>();
        r.BeginArray();
        while (r.NextElement())
        {
            steps.Add(ReadStep(ref r, steps.Count == 0 ? null : steps[^1], enqueuedAt));
        }

        return steps.Count is > 0 and <= JobTrail.MaxTransitions
            ? steps.DrainToImmutable()
            : throw new FormatException($"it has {steps.Count} steps, not 1 to {JobTrail.MaxTransitions}.");
    }

    private static JobTransition ReadStep(ref WireReader r, JobTransition? before, DateTimeOffset enqueuedAt)
    {
        r.BeginArray();
        r.NextElement();
        var at = enqueuedAt.AddTicks(r.Number());
        r.NextElement();
        var status = (JobStatus)r.SmallNumber();
        if (status is < JobStatus.Scheduled or > JobStatus.Cancelled)
        {
            throw new FormatException($"{(int)status} is not a status.");
        }

        var more = r.NextElement();
        var attempt = more ? r.SmallNumber() : 0;
        string? by;
        if (attempt == AsBefore)
        {
            (attempt, by) = before is null ? throw new FormatException("its first step says that it is like the one before.") : (before.Attempt, before.By);
        }
        else
        {
            by = NextText(ref r, ref more);
        }

        var note = NextText(ref r, ref more);
        var grant = NextText(ref r, ref more);
        more = more && r.NextElement();
        RequestId? request = more && r.NumberOrNull() is { } number ? new RequestId(number) : null;
        if (more)
        {
            r.SkipElements();
        }

        return new JobTransition(at, status, attempt, by, note, grant is null ? null : new GrantId(grant), request);
    }

    private static string? NextText(ref WireReader r, ref bool more)
    {
        more = more && r.NextElement();
        return more ? r.TextOrNull() : null;
    }

    internal struct Fields
    {
        public JobSpec? Spec;
        public DateTimeOffset? EnqueuedAt;
        public int? AttemptsMade;
        public RequestId? FirstRequest;
        public int FailuresMade;
        public int Crashes;
        public int Retries;
        public int Dropped;
        public ImmutableArray<JobTransition>? Steps;

        /// <param name="isTerse">What is left out stands in the steps, rather than being 0.</param>
        public readonly JobTrail Make(bool isTerse)
        {
            var spec = WireReader.Required(Spec, WireNames.Spec);
            var enqueuedAt = WireReader.Required(EnqueuedAt, WireNames.EnqueuedAt);
            var steps = WireReader.Required(Steps, WireNames.Steps);
            var attempts = AttemptsMade ?? (isTerse ? steps[^1].Attempt : 0);
            if (FirstRequest is not null)
            {
                steps = steps.SetItem(0, steps[0] with { Request = FirstRequest });
            }

            return new JobTrail(spec, enqueuedAt, attempts, FailuresMade, Crashes, steps, Dropped, Retries);
        }
    }
}
