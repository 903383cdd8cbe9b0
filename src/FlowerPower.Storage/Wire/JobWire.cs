using System.Text;
using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>Jobs' events and records as bytes: events are JSON under stable type names, records are packed; both are independent of CLR names.</summary>
/// <remarks>
/// Instants and lengths are whole 100 ns ticks (instants from year 1, UTC), so that what is read equals what was written. Fields at their
/// default are left out, so a default must never change its meaning. Unknown fields are passed over, unknown types are not.
/// Written by hand over <see cref="Utf8JsonWriter"/> because every job passes here three times.
/// </remarks>
public static class JobWire
{
    /// <summary>Why a job cannot be stored; to be asked before it is accepted.</summary>
    /// <returns>One sentence with the remedy; <see langword="null"/> if it can be.</returns>
    public static string? ProblemWith(JobSpec spec)
    {
        var json = spec.RunConfigJson.Span;
        if (JsonCheck.Problem(json, "The job's run configuration") is { } problem)
        {
            return problem;
        }

        if (json.TrimStart(" \t\r\n"u8)[0] != '{')
        {
            return "The job's run configuration is not a JSON object: write {} for an empty one.";
        }

        if (ProblemWithLinks(spec) is { } tie)
        {
            return tie;
        }

        var texts = TextBytes(spec);
        return texts <= WireLimits.MaxTextBytes
            ? null
            : FormattableString.Invariant($"The job's names, description, tags and metadata have {texts:N0} bytes, ")
                + FormattableString.Invariant($"more than {WireLimits.MaxTextBytes:N0}: pass large values as inputs.");
    }

    /// <summary>Why a result cannot be stored; to be asked before it is accepted.</summary>
    /// <param name="resultJson">UTF-8 JSON.</param>
    /// <returns>One sentence with the remedy; <see langword="null"/> if it can be.</returns>
    public static string? ProblemWithResult(ReadOnlySpan<byte> resultJson) => JsonCheck.Problem(resultJson, "The job's result");

    /// <summary>Why a checkpoint cannot be stored; to be asked before it is accepted.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <returns>One sentence with the remedy; <see langword="null"/> if it can be.</returns>
    public static string? ProblemWithCheckpoint(ReadOnlySpan<byte> json) => json.Length <= JobCheckpoint.MaxBytes
        ? JsonCheck.Problem(json, "The job's checkpoint")
        : FormattableString.Invariant($"The job's checkpoint has {json.Length:N0} bytes of JSON, more than {JobCheckpoint.MaxBytes:N0}: ")
            + "save where the job is, and keep its data elsewhere.";

    /// <summary>Writes an event.</summary>
    /// <returns>Its type (<see cref="JobWireTypes"/>) and at most <see cref="WireLimits.MaxEventBytes"/> bytes of UTF-8 JSON.</returns>
    /// <exception cref="ArgumentException">
    /// The event holds what cannot be stored (<see cref="ProblemWith"/>, <see cref="ProblemWithResult"/>).
    /// </exception>
    public static (string Type, byte[] Payload) Encode(JobEvent e)
    {
        var problem = e switch
        {
            JobEvent.Enqueued x => ProblemWith(x.Spec),
            JobEvent.Completed { ResultJson.IsEmpty: false } x => ProblemWithResult(x.ResultJson.Span),
            JobEvent.CheckpointSaved x => ProblemWithCheckpoint(x.Json.Span),
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(e));
        }

        var buffer = WireBuffer.Rent();
        var type = EventWire.Write(buffer.Writer, e);
        return (type, Checked(buffer.Finish(), WireLimits.MaxEventBytes, type));
    }

    /// <summary>Reads an event. It shares no memory with the payload.</summary>
    /// <exception cref="UnknownWireTypeException">The type is not one of <see cref="JobWireTypes"/>.</exception>
    /// <exception cref="StoreCorruptException">The payload is not an event of this type.</exception>
    public static JobEvent DecodeEvent(string type, ReadOnlyMemory<byte> payload)
    {
        try
        {
            CheckLength(payload.Length, WireLimits.MaxEventBytes);
            var reader = new WireReader(payload.Span);
            return EventWire.Read(type, ref reader);
        }
        catch (Exception error) when (IsMalformed(error))
        {
            throw Corrupt($"event of type '{type}'", error);
        }
    }

    /// <summary>Writes a job as it stands, with its whole trail.</summary>
    /// <param name="state">Not <see cref="JobState.Absent"/>: what was never stored has no record.</param>
    /// <returns>At most <see cref="WireLimits.MaxRecordBytes"/> bytes, the first of which is the format's version.</returns>
    /// <exception cref="ArgumentException">The state is <see cref="JobState.Absent"/>, or too large.</exception>
    public static byte[] EncodeRecord(JobState state)
    {
        if (state is JobState.Absent)
        {
            throw new ArgumentException("An absent job has no record: delete the record instead.", nameof(state));
        }

        var writer = ByteWriter.Rent();
        RecordWire.Write(writer, state);
        return Checked(writer.Finish(), WireLimits.MaxRecordBytes, JobWireTypes.RecordPrefix + RecordWire.FormatVersion);
    }

    /// <summary>Reads a job's record. It shares no memory with the body.</summary>
    /// <exception cref="UnknownWireTypeException">A newer version wrote it.</exception>
    /// <exception cref="StoreCorruptException">The body is not a job's record.</exception>
    /// <param name="id">The id under which it is stored; <see langword="null"/>: of a record that says its own id, as format 1 did.</param>
    public static JobState DecodeRecord(ReadOnlyMemory<byte> body, JobId? id)
    {
        try
        {
            CheckLength(body.Length, WireLimits.MaxRecordBytes);
            return RecordWire.Read(body.Span, id);
        }
        catch (Exception error) when (IsMalformed(error))
        {
            throw Corrupt("job record", error);
        }
    }

    private static string? ProblemWithLinks(JobSpec spec)
    {
        if (spec.DependsOn.Any(parent => parent.Job == spec.Id))
        {
            return "The job depends on itself: it would wait for ever. Name another job.";
        }

        if (spec.UniqueKey is { } key && !spec.Id.IsFor(key))
        {
            return $"The job has a unique key and an id that was not made for it, so its key would not be unique: make its id with JobId.ForKey(\"{key}\", …).";
        }

        if (spec.DependsOn.Count > WireLimits.MaxParents)
        {
            return FormattableString.Invariant($"The job depends on {spec.DependsOn.Count:N0} jobs, more than {WireLimits.MaxParents:N0}: put a job between that gathers some of them.");
        }

        if ((spec.OnSuccess ?? spec.OnFailure) is not null && spec.Id.Value.Length > JobCallback.MaxJobIdLength)
        {
            return FormattableString.Invariant(
                $"The job has a callback, whose id is made from its own, so that may have at most {JobCallback.MaxJobIdLength} characters, not {spec.Id.Value.Length}: give it a shorter id.");
        }

        foreach (var callback in (ReadOnlySpan<JobCallback?>)[spec.OnSuccess, spec.OnFailure])
        {
            if (callback is null)
            {
                continue;
            }

            if (JsonCheck.Problem(callback.RunConfigJson.Span, "The run configuration of the job's callback") is { } problem)
            {
                return problem;
            }

            if (callback.RunConfigJson.Length > WireLimits.MaxTextBytes)
            {
                return FormattableString.Invariant(
                    $"The run configuration of the job's callback has {callback.RunConfigJson.Length:N0} bytes, more than {WireLimits.MaxTextBytes:N0}: let it read large values itself.");
            }
        }

        return null;
    }

    private static byte[] Checked(byte[] bytes, int limit, string type) => bytes.Length <= limit
        ? bytes
        : throw new ArgumentException(FormattableString.Invariant($"A {type} of {bytes.Length:N0} bytes is larger than {limit:N0}."));

    private static void CheckLength(int length, int limit)
    {
        if (length > limit)
        {
            throw new FormatException(FormattableString.Invariant($"its {length:N0} bytes are more than {limit:N0}."));
        }
    }

    private static int TextBytes(JobSpec spec)
    {
        var bytes = 0;
        foreach (var text in spec.Tags.Concat(spec.Retry.Exceptions))
        {
            bytes += Count(text);
        }

        foreach (var (name, value) in spec.Metadata.Concat(spec.DependsOn.SelectMany(parent => parent.Inputs)))
        {
            bytes += Count(name) + Count(value);
        }

        return bytes + Count(spec.Pipeline) + Count(spec.Project) + Count(spec.Queue) + Count(spec.Description) + Count(spec.UniqueKey);

        static int Count(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
    }

    // What reading text that is not ours, or values outside their range, throws: JsonException, our FormatException, and the checks of
    // the types that are made.
    private static bool IsMalformed(Exception error) =>
        error is JsonException or FormatException or ArgumentException or InvalidOperationException or OverflowException;

    private static StoreCorruptException Corrupt(string what, Exception error) => new(
        $"A stored {what} cannot be read: {error.Message} Restore the store from a copy, or delete the job.", error);
}
