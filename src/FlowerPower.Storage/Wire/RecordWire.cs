using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>A job's record, formats 3 and 4: bytes, because a store keeps a million of them for weeks.</summary>
/// <remarks>
/// <code>
/// record   := 3 rest
///           | 4 extras rest           only of a job that has extras
/// extras   := bytes                   a JSON object: what few jobs have
/// rest     := flags version spec trail own [error]
/// flags    := one byte: 0 to 3 the state (deferred, waiting, running, finished), and below
/// spec     := text [bytes]  the pipeline and the run's configuration, if all else is at its default; or bytes: the spec's JSON without the id
/// own      := due           deferred, waiting
///           | attempt grant worker started [deadline]      running
///           | [outcome at] [bytes: the result]             finished; outcome and instant only if they are not the last step's
/// error    := bytes         JSON
/// </code>
/// Numbers have 7 bits a byte, instants are whole ticks after the job was enqueued, texts and bytes have their length before them; the
/// trail is <see cref="TrailWire"/>'s. What a record is stored under, its id, is not repeated. Formats 1 and 2 were JSON objects, and
/// begin with a brace (<see cref="JsonRecordWire"/>): all are read for ever.
/// </remarks>
internal static class RecordWire
{
    public const byte FormatVersion = 3;
    public const byte FormatWithExtras = 4;

    private const int Deferred = 0;
    private const int Waiting = 1;
    private const int Running = 2;
    private const int Finished = 3;
    private const int StateBits = 3;
    private const int HasFullSpec = 4;
    private const int HasError = 8;
    private const int HasDeadline = 16;
    private const int HasResult = 32;
    private const int HasOwnOutcome = 64;
    private const int HasRunConfig = 128;

    public static void Write(ByteWriter w, JobState state)
    {
        var trail = state.History!;
        var last = trail.Transitions[^1];
        var isPlain = SpecWire.IsPlain(trail.Spec);
        var (kind, error) = state switch
        {
            JobState.Deferred => (Deferred, null),
            JobState.Waiting s => (Waiting, s.LastError),
            JobState.Running s => (Running | (s.Deadline is null ? 0 : HasDeadline), null),
            JobState.Finished s => (
                Finished | (s.ResultJson.IsEmpty ? 0 : HasResult) | (s.Outcome == last.Status && s.At == last.At ? 0 : HasOwnOutcome), s.Error),
            _ => throw new InvalidOperationException($"{state.GetType().Name} has no record."),
        };
        if (RecordExtras.Json(state) is { } extras)
        {
            w.Byte(FormatWithExtras);
            w.Bytes(extras);
        }
        else
        {
            w.Byte(FormatVersion);
        }

        var hasRunConfig = isPlain && !SpecWire.HasPlainRunConfig(trail.Spec);
        w.Byte((byte)(kind | (isPlain ? 0 : HasFullSpec) | (hasRunConfig ? HasRunConfig : 0) | (error is null ? 0 : HasError)));
        w.Number((ulong)state.Version);
        if (isPlain)
        {
            w.Text(trail.Spec.Pipeline, "pipeline");
            if (hasRunConfig)
            {
                w.Bytes(trail.Spec.RunConfigJson.Span.Trim(" \t\r\n"u8));
            }
        }
        else
        {
            w.Bytes(SpecWire.Json(trail.Spec));
        }

        TrailWire.Write(w, trail);
        switch (state)
        {
            case JobState.Deferred s:
                Write(w, s.DueAt, trail);
                break;

            case JobState.Waiting s:
                Write(w, s.DueAt, trail);
                break;

            case JobState.Running s:
                w.Number((uint)s.Attempt);
                w.HexText(s.Grant.Value, "grant");
                w.Text(s.Worker.Value, "worker");
                Write(w, s.StartedAt, trail);
                if (s.Deadline is { } deadline)
                {
                    Write(w, deadline, trail);
                }

                break;

            case JobState.Finished s:
                if ((kind & HasOwnOutcome) != 0)
                {
                    w.Byte((byte)s.Outcome);
                    Write(w, s.At, trail);
                }

                if (!s.ResultJson.IsEmpty)
                {
                    w.Bytes(s.ResultJson.Span.Trim(" \t\r\n"u8)); // checked before it was accepted
                }

                break;
        }

        if (error is not null)
        {
            w.Bytes(SpecWire.Json(error));
        }
    }

    /// <summary>A record of any format.</summary>
    /// <param name="id">The id under which the record is stored; <see langword="null"/>: format 1 only, which says it.</param>
    public static JobState Read(ReadOnlySpan<byte> body, JobId? id)
    {
        if (body.IsEmpty)
        {
            throw new FormatException("it is empty.");
        }

        if (body[0] >= ' ')
        {
            var json = new WireReader(body);
            return JsonRecordWire.Read(ref json, id);
        }

        var r = new ByteReader(body);
        var format = r.Byte();
        return format is FormatVersion or FormatWithExtras
            ? Read(ref r, WireReader.Required(id, WireNames.Id), format == FormatWithExtras)
            : throw new UnknownWireTypeException(FormattableString.Invariant($"{JobWireTypes.RecordPrefix}{format}"));
    }

    private static JobState Read(ref ByteReader r, JobId id, bool hasExtras)
    {
        var extras = hasExtras ? r.Bytes() : default;
        var flags = r.Byte();
        var version = (long)r.Number();
        var spec = (flags & HasFullSpec) != 0 ? SpecWire.FromJson(r.Bytes(), id)
            : (flags & HasRunConfig) == 0 ? SpecWire.PlainOf(id, r.Text())
            : SpecWire.PlainOf(id, r.Text()) with { RunConfigJson = r.Bytes().ToArray() };
        var trail = TrailWire.Read(ref r, spec, hasExtras);
        DateTimeOffset? kept = null;
        if (hasExtras)
        {
            trail = RecordExtras.Read(extras, trail, out kept);
        }

        JobState state;
        switch (flags & StateBits)
        {
            case Deferred:
                state = hasExtras ? new JobState.Deferred(trail, Instant(ref r, trail)) : throw new FormatException("0 is not a state.");
                break;

            case Waiting:
                var due = Instant(ref r, trail);
                state = new JobState.Waiting(trail, due, Error(ref r, flags));
                break;

            case Running:
                state = new JobState.Running(
                    trail, r.SmallNumber(), new GrantId(r.HexText()), new WorkerId(r.Text()), Instant(ref r, trail),
                    (flags & HasDeadline) == 0 ? null : Instant(ref r, trail));
                break;

            case Finished:
                var (outcome, at) = (flags & HasOwnOutcome) == 0
                    ? (trail.Transitions[^1].Status, trail.Transitions[^1].At)
                    : ((JobStatus)r.Byte(), Instant(ref r, trail));
                var result = (flags & HasResult) == 0 ? [] : r.Bytes().ToArray();
                state = new JobState.Finished(trail, OutcomeOf(outcome), at, result, Error(ref r, flags)) { KeptUntil = kept };
                break;

            default:
                throw new FormatException($"{flags & StateBits} is not a state.");
        }

        r.End();
        return state with { Version = version };
    }

    public static JobStatus OutcomeOf(JobStatus status) => status is JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled
        ? status
        : throw new FormatException($"{(int)status} is not an outcome.");

    private static JobError? Error(ref ByteReader r, int flags) => (flags & HasError) == 0 ? null : SpecWire.ErrorFromJson(r.Bytes());

    private static void Write(ByteWriter w, DateTimeOffset instant, JobTrail trail) => w.Signed(instant.UtcTicks - trail.EnqueuedAt.UtcTicks);

    private static DateTimeOffset Instant(ref ByteReader r, JobTrail trail) => trail.EnqueuedAt.AddTicks(r.Signed());
}
