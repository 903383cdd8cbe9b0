using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>A job's record as one JSON object: the format's version, the state's own fields, then the trail.</summary>
/// <remarks>
/// Format 2 leaves out what stands there already: the job's id, which the record is stored under; the outcome and instant of a finished
/// job, which are those of its last step; and see <see cref="TrailWire"/>. Format 1, which repeated them, is read for ever.
/// </remarks>
internal static class RecordWire
{
    public const int FormatVersion = 2;
    private const int OldestFormat = 1;

    private const int Waiting = 1;
    private const int Running = 2;
    private const int Finished = 3;

    public static void Write(Utf8JsonWriter w, JobState state)
    {
        w.WriteStartObject();
        w.WriteNumber(WireNames.Format, FormatVersion);
        w.WriteNumber(WireNames.Version, state.Version);
        switch (state)
        {
            case JobState.Waiting s:
                w.WriteNumber(WireNames.State, Waiting);
                w.WriteNumber(WireNames.DueAt, s.DueAt.UtcTicks);
                WriteError(w, s.LastError);
                TrailWire.Write(w, s.Trail);
                break;

            case JobState.Running s:
                w.WriteNumber(WireNames.State, Running);
                w.WriteNumber(WireNames.Attempt, s.Attempt);
                SpecWire.WriteText(w, WireNames.Grant, s.Grant.Value);
                SpecWire.WriteText(w, WireNames.Worker, s.Worker.Value);
                w.WriteNumber(WireNames.StartedAt, s.StartedAt.UtcTicks);
                if (s.Deadline is { } deadline)
                {
                    w.WriteNumber(WireNames.Deadline, deadline.UtcTicks);
                }

                TrailWire.Write(w, s.Trail);
                break;

            case JobState.Finished s:
                w.WriteNumber(WireNames.State, Finished);
                var last = s.Trail.Transitions[^1];
                if (s.Outcome != last.Status)
                {
                    w.WriteNumber(WireNames.Outcome, (int)s.Outcome);
                }

                if (s.At != last.At)
                {
                    w.WriteNumber(WireNames.At, s.At.UtcTicks);
                }

                if (!s.ResultJson.IsEmpty)
                {
                    SpecWire.WriteRaw(w, WireNames.Result, s.ResultJson);
                }

                WriteError(w, s.Error);
                TrailWire.Write(w, s.Trail);
                break;

            default:
                throw new InvalidOperationException($"{state.GetType().Name} has no record.");
        }

        w.WriteEndObject();
    }

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
        if (format is < OldestFormat or > FormatVersion)
        {
            throw new UnknownWireTypeException(FormattableString.Invariant($"{JobWireTypes.RecordPrefix}{format}"));
        }

        var fields = new Fields();
        var trail = new TrailWire.Fields();
        while (r.NextField())
        {
            if (!ReadField(ref r, ref fields) && !TrailWire.ReadField(ref r, ref trail, id))
            {
                r.SkipField();
            }
        }

        r.End();
        return Make(fields, trail.Make(isTerse: format > OldestFormat));
    }

    private static void WriteError(Utf8JsonWriter w, JobError? error)
    {
        if (error is not null)
        {
            w.WritePropertyName(WireNames.Error);
            SpecWire.Write(w, error);
        }
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
                OutcomeOf(f.Outcome ?? trail.Transitions[^1].Status),
                f.At ?? trail.Transitions[^1].At,
                f.Result,
                f.Error)
            { Version = version },
            var other => throw new FormatException($"{other} is not a state."),
        };
    }

    private static JobStatus OutcomeOf(JobStatus status) => status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled
        ? status
        : throw new FormatException($"{(int)status} is not an outcome.");

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
