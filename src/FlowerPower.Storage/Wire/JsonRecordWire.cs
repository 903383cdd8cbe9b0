using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>Reads the records that earlier versions wrote: one JSON object with the format's version, the state's own fields, then the trail.</summary>
/// <remarks>
/// Format 2 leaves out what stands there already: the job's id, which the record is stored under; the outcome and instant of a finished
/// job, which are those of its last step; and see <see cref="JsonTrailWire"/>. Nobody writes either of them any more.
/// </remarks>
internal static class JsonRecordWire
{
    private const int OldestFormat = 1;
    private const int NewestFormat = 2;

    private const int Waiting = 1;
    private const int Running = 2;
    private const int Finished = 3;

    /// <param name="id">The id under which the record is stored; <see langword="null"/>: format 1 only, which says it.</param>
    public static JobState Read(ref WireReader r, JobId? id)
    {
        r.Start();
        r.BeginObject();
        if (!r.NextField() || !r.Is(WireNames.Format))
        {
            throw new FormatException($"its first field is not '{WireNames.Format}', the format's version.");
        }

        var format = r.Number();
        if (format is < OldestFormat or > NewestFormat)
        {
            throw new UnknownWireTypeException(FormattableString.Invariant($"{JobWireTypes.RecordPrefix}{format}"));
        }

        var fields = new Fields();
        var trail = new JsonTrailWire.Fields();
        while (r.NextField())
        {
            if (!ReadField(ref r, ref fields) && !JsonTrailWire.ReadField(ref r, ref trail, id))
            {
                r.SkipField();
            }
        }

        r.End();
        return Make(fields, trail.Make(isTerse: format > OldestFormat));
    }

    private static bool ReadField(ref WireReader r, ref Fields f)
    {
        if (r.Is(WireNames.Version))
        {
            f.Version = r.Number();
        }
        else if (r.Is(WireNames.State))
        {
            f.State = r.SmallNumber();
        }
        else if (r.Is(WireNames.Outcome))
        {
            f.Outcome = (JobStatus)r.SmallNumber();
        }
        else if (r.Is(WireNames.At))
        {
            f.At = r.Instant();
        }
        else if (r.Is(WireNames.Result))
        {
            f.Result = r.RawValue();
        }
        else if (r.Is(WireNames.Error))
        {
            f.Error = SpecWire.ReadError(ref r);
        }
        else if (r.Is(WireNames.DueAt))
        {
            f.DueAt = r.Instant();
        }
        else if (r.Is(WireNames.Attempt))
        {
            f.Attempt = r.SmallNumber();
        }
        else if (r.Is(WireNames.Grant))
        {
            f.Grant = r.Text();
        }
        else if (r.Is(WireNames.Worker))
        {
            f.Worker = r.Text();
        }
        else if (r.Is(WireNames.StartedAt))
        {
            f.StartedAt = r.Instant();
        }
        else if (r.Is(WireNames.Deadline))
        {
            f.Deadline = r.Instant();
        }
        else
        {
            return false;
        }

        return true;
    }

    private static JobState Make(in Fields f, JobTrail trail)
    {
        var version = WireReader.Required(f.Version, WireNames.Version);
        return WireReader.Required(f.State, WireNames.State) switch
        {
            Waiting => new JobState.Waiting(trail, WireReader.Required(f.DueAt, WireNames.DueAt), f.Error) { Version = version },
            Running => new JobState.Running(
                trail,
                WireReader.Required(f.Attempt, WireNames.Attempt),
                new GrantId(WireReader.Required(f.Grant, WireNames.Grant)),
                new WorkerId(WireReader.Required(f.Worker, WireNames.Worker)),
                WireReader.Required(f.StartedAt, WireNames.StartedAt),
                f.Deadline)
            { Version = version },
            Finished => new JobState.Finished(
                trail,
                RecordWire.OutcomeOf(f.Outcome ?? trail.Transitions[^1].Status),
                f.At ?? trail.Transitions[^1].At,
                f.Result,
                f.Error)
            { Version = version },
            var other => throw new FormatException($"{other} is not a state."),
        };
    }

    private struct Fields
    {
        public long? Version;
        public int? State;
        public JobStatus? Outcome;
        public DateTimeOffset? At;
        public DateTimeOffset? DueAt;
        public DateTimeOffset? StartedAt;
        public DateTimeOffset? Deadline;
        public int? Attempt;
        public string? Grant;
        public string? Worker;
        public byte[]? Result;
        public JobError? Error;
    }
}
