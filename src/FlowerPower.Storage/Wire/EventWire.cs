using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>One job event as a JSON object.</summary>
internal static class EventWire
{
    /// <summary>Writes the event and returns its type.</summary>
    public static string Write(Utf8JsonWriter w, JobEvent e)
    {
        w.WriteStartObject();
        w.WriteNumber(WireNames.At, e.At.UtcTicks);
        var type = WriteFields(w, e);
        w.WriteEndObject();
        return type;
    }

    /// <summary>Reads an event of a type.</summary>
    public static JobEvent Read(string type, ref WireReader r)
    {
        // One reader for all types: they share their fields, and what a type needs is checked where it is made.
        var fields = new Fields();
        if (!IsKnown(type))
        {
            throw new UnknownWireTypeException(type);
        }

        r.Start();
        r.BeginObject();
        while (r.NextField())
        {
            ReadField(ref r, ref fields);
        }

        r.End();
        return Make(type, fields);
    }

    private static string WriteFields(Utf8JsonWriter w, JobEvent e)
    {
        switch (e)
        {
            case JobEvent.Enqueued x:
                if (x.DueAt != x.At)
                {
                    w.WriteNumber(WireNames.DueAt, x.DueAt.UtcTicks);
                }

                w.WritePropertyName(WireNames.Spec);
                SpecWire.Write(w, x.Spec);
                WriteRequest(w, x.Request);
                return JobWireTypes.Enqueued;

            case JobEvent.AttemptStarted x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                SpecWire.WriteText(w, WireNames.Grant, x.Grant.Value);
                SpecWire.WriteText(w, WireNames.Worker, x.Worker.Value);
                if (x.Deadline is { } deadline)
                {
                    w.WriteNumber(WireNames.Deadline, deadline.UtcTicks);
                }

                if (x.Permit is { } permit)
                {
                    w.WriteNumber(WireNames.Permit, permit);
                }

                return JobWireTypes.AttemptStarted;

            case JobEvent.AttemptFailed x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                w.WriteNumber(WireNames.RetryAt, x.RetryAt.UtcTicks);
                WriteError(w, x.Error);
                return JobWireTypes.AttemptFailed;

            case JobEvent.AttemptLost x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                SpecWire.WriteText(w, WireNames.Worker, x.Worker.Value);
                w.WriteBoolean(WireNames.Crashed, x.Crashed);
                return JobWireTypes.AttemptLost;

            case JobEvent.Completed x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                if (!x.ResultJson.IsEmpty)
                {
                    SpecWire.WriteRaw(w, WireNames.Result, x.ResultJson);
                }

                return JobWireTypes.Completed;

            case JobEvent.Failed x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                WriteError(w, x.Error);
                return JobWireTypes.Failed;

            case JobEvent.Cancelled x:
                SpecWire.WriteText(w, WireNames.By, x.By);
                if (x.Reason is not null)
                {
                    w.WriteString(WireNames.Reason, x.Reason);
                }

                return JobWireTypes.Cancelled;

            case JobEvent.Retried x:
                SpecWire.WriteText(w, WireNames.By, x.By);
                WriteRequest(w, x.Request);
                if (x.Fresh)
                {
                    w.WriteBoolean(WireNames.Fresh, true);
                }

                return JobWireTypes.Retried;

            case JobEvent.LogKept x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                w.WritePropertyName(WireNames.Log);
                AttemptWire.Write(w, x.Log);
                return JobWireTypes.LogKept;

            case JobEvent.CheckpointSaved x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                SpecWire.WriteRaw(w, WireNames.Checkpoint, x.Json);
                return JobWireTypes.CheckpointSaved;

            case JobEvent.Snoozed x:
                w.WriteNumber(WireNames.Attempt, x.Attempt);
                w.WriteNumber(WireNames.DueAt, x.Until.UtcTicks);
                return JobWireTypes.Snoozed;

            case JobEvent.DependentAdded x:
                w.WriteString(WireNames.Dependent, x.Dependent.Value);
                return JobWireTypes.DependentAdded;

            case JobEvent.ParentEnded x:
                w.WriteString(WireNames.Parent, x.Parent.Value);
                w.WriteNumber(WireNames.Outcome, (int)x.Outcome);
                return JobWireTypes.ParentEnded;

            case JobEvent.NotesDelivered x:
                w.WriteStartArray(WireNames.Numbers);
                foreach (var number in x.Numbers)
                {
                    w.WriteNumberValue(number);
                }

                w.WriteEndArray();
                return JobWireTypes.NotesDelivered;

            case JobEvent.KeyReleased:
                return JobWireTypes.KeyReleased;

            case JobEvent.Kept x:
                SpecWire.WriteText(w, WireNames.By, x.By);
                w.WriteNumber(WireNames.KeptUntil, x.Until.UtcTicks);
                return JobWireTypes.Kept;

            case JobEvent.Deleted x:
                SpecWire.WriteText(w, WireNames.By, x.By);
                return JobWireTypes.Deleted;

            default:
                throw new InvalidOperationException($"{e.GetType().Name} has no wire type.");
        }
    }

    private static void WriteRequest(Utf8JsonWriter w, RequestId? request)
    {
        if (request is { } id)
        {
            w.WriteNumber(WireNames.Request, id.Value);
        }
    }

    private static void WriteError(Utf8JsonWriter w, JobError error)
    {
        w.WritePropertyName(WireNames.Error);
        SpecWire.Write(w, error);
    }

    private static bool IsKnown(string type) => type is JobWireTypes.Enqueued or JobWireTypes.AttemptStarted or JobWireTypes.AttemptFailed
        or JobWireTypes.AttemptLost or JobWireTypes.Completed or JobWireTypes.Failed or JobWireTypes.Cancelled or JobWireTypes.Retried
        or JobWireTypes.DependentAdded or JobWireTypes.ParentEnded or JobWireTypes.NotesDelivered or JobWireTypes.KeyReleased
        or JobWireTypes.Kept or JobWireTypes.Deleted
        or JobWireTypes.LogKept or JobWireTypes.CheckpointSaved or JobWireTypes.Snoozed;

    private static void ReadField(ref WireReader r, ref Fields f)
    {
        if (r.Is(WireNames.At))
        {
            f.At = r.Instant();
        }
        else if (r.Is(WireNames.Attempt))
        {
            f.Attempt = r.SmallNumber();
        }
        else if (r.Is(WireNames.Spec))
        {
            f.Spec = SpecWire.Read(ref r);
        }
        else if (r.Is(WireNames.DueAt))
        {
            f.DueAt = r.Instant();
        }
        else if (r.Is(WireNames.Grant))
        {
            f.Grant = r.Text();
        }
        else if (r.Is(WireNames.Worker))
        {
            f.Worker = r.Text();
        }
        else if (r.Is(WireNames.Deadline))
        {
            f.Deadline = r.Instant();
        }
        else if (r.Is(WireNames.Permit))
        {
            f.Permit = r.Number();
        }
        else if (r.Is(WireNames.Result))
        {
            f.Result = r.RawValue();
        }
        else if (r.Is(WireNames.Error))
        {
            f.Error = SpecWire.ReadError(ref r);
        }
        else if (r.Is(WireNames.RetryAt))
        {
            f.RetryAt = r.Instant();
        }
        else if (r.Is(WireNames.Crashed))
        {
            f.Crashed = r.Flag();
        }
        else if (r.Is(WireNames.By))
        {
            f.By = r.Text();
        }
        else if (r.Is(WireNames.Reason))
        {
            f.Reason = r.Text();
        }
        else if (r.Is(WireNames.Request))
        {
            f.Request = new RequestId(r.Number());
        }
        else if (r.Is(WireNames.Dependent) || r.Is(WireNames.Parent))
        {
            f.Other = JobId.Parse(r.Text());
        }
        else if (r.Is(WireNames.Outcome))
        {
            f.Outcome = RecordWire.OutcomeOf((JobStatus)r.SmallNumber());
        }
        else if (r.Is(WireNames.Log))
        {
            f.Log = AttemptWire.ReadLog(ref r);
        }
        else if (r.Is(WireNames.Checkpoint))
        {
            f.Checkpoint = r.RawValue();
        }
        else if (r.Is(WireNames.Fresh))
        {
            f.Fresh = r.Flag();
        }
        else if (r.Is(WireNames.Numbers))
        {
            f.Numbers = r.SmallNumbers();
        }
        else if (r.Is(WireNames.KeptUntil))
        {
            f.KeptUntil = r.Instant();
        }
        else
        {
            r.SkipField();
        }
    }

    private static JobEvent Make(string type, in Fields f)
    {
        var at = WireReader.Required(f.At, WireNames.At);
        return type switch
        {
            JobWireTypes.Enqueued => new JobEvent.Enqueued(WireReader.Required(f.Spec, WireNames.Spec), f.DueAt ?? at, f.Request) { At = at },
            JobWireTypes.AttemptStarted => new JobEvent.AttemptStarted(f.RequiredAttempt, f.RequiredGrant, f.RequiredWorker, f.Deadline, f.Permit)
            {
                At = at,
            },
            JobWireTypes.AttemptFailed => new JobEvent.AttemptFailed(
                f.RequiredAttempt, f.RequiredError, WireReader.Required(f.RetryAt, WireNames.RetryAt))
            { At = at },
            JobWireTypes.AttemptLost => new JobEvent.AttemptLost(
                f.RequiredAttempt, f.RequiredWorker, WireReader.Required(f.Crashed, WireNames.Crashed))
            { At = at },
            JobWireTypes.Completed => new JobEvent.Completed(f.RequiredAttempt, f.Result) { At = at },
            JobWireTypes.Failed => new JobEvent.Failed(f.RequiredAttempt, f.RequiredError) { At = at },
            JobWireTypes.Cancelled => new JobEvent.Cancelled(f.RequiredBy, f.Reason) { At = at },
            JobWireTypes.DependentAdded => new JobEvent.DependentAdded(WireReader.Required(f.Other, WireNames.Dependent)) { At = at },
            JobWireTypes.ParentEnded => new JobEvent.ParentEnded(
                WireReader.Required(f.Other, WireNames.Parent), WireReader.Required(f.Outcome, WireNames.Outcome))
            { At = at },
            JobWireTypes.NotesDelivered => new JobEvent.NotesDelivered([.. WireReader.Required(f.Numbers, WireNames.Numbers)]) { At = at },
            JobWireTypes.KeyReleased => new JobEvent.KeyReleased { At = at },
            JobWireTypes.Kept => new JobEvent.Kept(f.RequiredBy, WireReader.Required(f.KeptUntil, WireNames.KeptUntil)) { At = at },
            JobWireTypes.Deleted => new JobEvent.Deleted(f.RequiredBy) { At = at },
            JobWireTypes.LogKept => new JobEvent.LogKept(f.RequiredAttempt, WireReader.Required(f.Log, WireNames.Log)) { At = at },
            JobWireTypes.CheckpointSaved => new JobEvent.CheckpointSaved(f.RequiredAttempt, WireReader.Required(f.Checkpoint, WireNames.Checkpoint)) { At = at },
            JobWireTypes.Snoozed => new JobEvent.Snoozed(f.RequiredAttempt, WireReader.Required(f.DueAt, WireNames.DueAt)) { At = at },
            _ => new JobEvent.Retried(f.RequiredBy, f.Request, f.Fresh) { At = at },
        };
    }

    private struct Fields
    {
        public DateTimeOffset? At;
        public DateTimeOffset? DueAt;
        public DateTimeOffset? Deadline;
        public DateTimeOffset? RetryAt;
        public JobSpec? Spec;
        public int? Attempt;
        public long? Permit;
        public string? Grant;
        public string? Worker;
        public JobError? Error;
        public bool? Crashed;
        public byte[]? Result;
        public string? By;
        public string? Reason;
        public RequestId? Request;
        public JobId? Other;
        public JobStatus? Outcome;
        public List<int>? Numbers;
        public DateTimeOffset? KeptUntil;
        public JobLog? Log;
        public byte[]? Checkpoint;
        public bool Fresh;

        public readonly int RequiredAttempt => WireReader.Required(Attempt, WireNames.Attempt);

        public readonly GrantId RequiredGrant => new(WireReader.Required(Grant, WireNames.Grant));

        public readonly WorkerId RequiredWorker => new(WireReader.Required(Worker, WireNames.Worker));

        public readonly JobError RequiredError => WireReader.Required(Error, WireNames.Error);

        public readonly string RequiredBy => WireReader.Required(By, WireNames.By);
    }
}
