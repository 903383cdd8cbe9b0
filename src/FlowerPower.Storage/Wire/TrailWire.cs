using System.Collections.Immutable;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>The part of a record that every state has: how the job got where it is.</summary>
/// <remarks>
/// <code>
/// trail    := enqueuedAt has [attempts failures crashes retries dropped] count step*
/// has      := one byte: 1 if the counts follow; else attempts are the last step's and the rest is 0
/// step     := flags since [attempt] [by] [note] [grant] [request]
/// flags    := one byte: the status, 1 to 7, and 0 for deferred (in records with extras only), and: 8 attempt and by are those of the step before, 16 by, 32 note, 64 grant, 128 request
/// </code>
/// <c>enqueuedAt</c> and requests have 8 bytes; <c>since</c> is ticks after the step before, and of the first one after <c>enqueuedAt</c>.
/// </remarks>
internal static class TrailWire
{
    private const int HasCounts = 1;
    private const int StatusBits = 7;
    private const int AsBefore = 8;
    private const int HasBy = 16;
    private const int HasNote = 32;
    private const int HasGrant = 64;
    private const int HasRequest = 128;

    public static void Write(ByteWriter w, JobTrail trail)
    {
        w.Whole(trail.EnqueuedAt.UtcTicks);
        var isSimple = trail.AttemptsMade == trail.Transitions[^1].Attempt
            && (trail.FailuresMade | trail.Crashes | trail.Retries | trail.DroppedTransitions) == 0;
        w.Byte((byte)(isSimple ? 0 : HasCounts));
        if (!isSimple)
        {
            w.Number((uint)trail.AttemptsMade);
            w.Number((uint)trail.FailuresMade);
            w.Number((uint)trail.Crashes);
            w.Number((uint)trail.Retries);
            w.Number((uint)trail.DroppedTransitions);
        }

        w.Number((ulong)trail.Transitions.Length);
        var since = trail.EnqueuedAt;
        JobTransition? before = null;
        foreach (var step in trail.Transitions)
        {
            WriteStep(w, step, before, since);
            (before, since) = (step, step.At);
        }
    }

    /// <param name="hasExtras">Of a record of format 4.</param>
    public static JobTrail Read(ref ByteReader r, JobSpec spec, bool hasExtras)
    {
        var enqueuedAt = new DateTimeOffset(r.Whole(), TimeSpan.Zero);
        var hasCounts = r.Byte() switch
        {
            0 => false,
            HasCounts => true,
            var other => throw new FormatException($"{other} does not say whether counts follow."),
        };
        var (attempts, failures, crashes, retries, dropped) = hasCounts
            ? (r.SmallNumber(), r.SmallNumber(), r.SmallNumber(), r.SmallNumber(), r.SmallNumber())
            : default;
        var count = r.Number();
        if (count is 0 or > JobTrail.MaxTransitions)
        {
            throw new FormatException($"it has {count} steps, not 1 to {JobTrail.MaxTransitions}.");
        }

        var steps = ImmutableArray.CreateBuilder<JobTransition>((int)count);
        var since = enqueuedAt;
        while (steps.Count < (int)count)
        {
            steps.Add(ReadStep(ref r, steps.Count == 0 ? null : steps[^1], since, hasExtras));
            since = steps[^1].At;
        }

        return new JobTrail(
            spec, enqueuedAt, hasCounts ? attempts : steps[^1].Attempt, failures, crashes, steps.MoveToImmutable(), dropped, retries);
    }

    private static void WriteStep(ByteWriter w, JobTransition step, JobTransition? before, DateTimeOffset since)
    {
        var isSame = before is not null && step.By == before.By && step.Attempt == before.Attempt;
        w.Byte((byte)((step.Status == JobStatus.Deferred ? 0 : (int)step.Status)
            | (isSame ? AsBefore : 0)
            | (isSame || step.By is null ? 0 : HasBy)
            | (step.Note is null ? 0 : HasNote)
            | (step.Grant is null ? 0 : HasGrant)
            | (step.Request is null ? 0 : HasRequest)));
        w.Signed(step.At.UtcTicks - since.UtcTicks);
        if (!isSame)
        {
            w.Number((uint)step.Attempt);
            if (step.By is not null)
            {
                w.Text(step.By, "by");
            }
        }

        if (step.Note is not null)
        {
            w.Text(step.Note, "note");
        }

        if (step.Grant is { } grant)
        {
            w.HexText(grant.Value, "grant");
        }

        if (step.Request is { } request)
        {
            w.Whole(request.Value);
        }
    }

    private static JobTransition ReadStep(ref ByteReader r, JobTransition? before, DateTimeOffset since, bool hasExtras)
    {
        var flags = r.Byte();
        var status = (JobStatus)(flags & StatusBits);
        if (status == 0)
        {
            status = hasExtras ? JobStatus.Deferred : throw new FormatException("0 is not a status.");
        }

        var at = since.AddTicks(r.Signed());
        var (attempt, by) = (flags & AsBefore) == 0 ? (r.SmallNumber(), (flags & HasBy) == 0 ? null : r.Text())
            : before is null ? throw new FormatException("its first step says that it is like the one before.")
            : (before.Attempt, before.By);
        return new JobTransition(
            at,
            status,
            attempt,
            by,
            (flags & HasNote) == 0 ? null : r.Text(),
            (flags & HasGrant) == 0 ? null : new GrantId(r.HexText()),
            (flags & HasRequest) == 0 ? null : new RequestId(r.Whole()));
    }
}
