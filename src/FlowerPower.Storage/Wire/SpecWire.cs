using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>What a job is, and its errors, as parts of events and records. A field at its default is left out.</summary>
internal static class SpecWire
{
    // Only its defaults are read: a spec without its optional fields.
    private static readonly JobSpec Plain = new() { Id = JobId.Parse("plain"), Pipeline = "plain" };

    /// <param name="withId">A record does not repeat the id under which it is stored.</param>
    public static void Write(Utf8JsonWriter w, JobSpec spec, bool withId = true)
    {
        w.WriteStartObject();
        if (withId)
        {
            w.WriteString(WireNames.Id, spec.Id.Value);
        }

        w.WriteString(WireNames.Pipeline, spec.Pipeline);
        WriteUnless(w, WireNames.Project, spec.Project, Plain.Project);
        WriteUnless(w, WireNames.Queue, spec.Queue, Plain.Queue);
        WriteUnless(w, WireNames.Description, spec.Description, Plain.Description);
        if (spec.Priority != Plain.Priority)
        {
            w.WriteNumber(WireNames.Priority, (int)spec.Priority);
        }

        if (!spec.RunConfigJson.Span.SequenceEqual(Plain.RunConfigJson.Span))
        {
            WriteRaw(w, WireNames.RunConfig, spec.RunConfigJson);
        }

        if (spec.Retry != Plain.Retry)
        {
            w.WritePropertyName(WireNames.Retry);
            Write(w, spec.Retry);
        }

        WriteUnless(w, WireNames.Timeout, spec.Timeout, null);
        WriteUnless(w, WireNames.ExpiresAt, spec.ExpiresAt);
        WriteUnless(w, WireNames.ResultRetention, spec.ResultRetention, Plain.ResultRetention);
        WriteUnless(w, WireNames.FailureRetention, spec.FailureRetention, Plain.FailureRetention);
        if (spec.Tags.Count > 0)
        {
            WriteTexts(w, WireNames.Tags, spec.Tags);
        }

        if (spec.Metadata.Count > 0)
        {
            w.WriteStartObject(WireNames.Metadata);
            foreach (var (name, value) in spec.Metadata)
            {
                w.WriteString(name, value ?? throw new ArgumentException($"The job's metadata '{name}' has no text."));
            }

            w.WriteEndObject();
        }

        if (spec.DependsOn.Count > 0)
        {
            LinksWire.Write(w, spec.DependsOn);
        }

        WriteUnless(w, WireNames.UniqueKey, spec.UniqueKey, null);
        WriteUnless(w, WireNames.UniqueFor, spec.UniqueFor, null);
        if (spec.OnSuccess is { } onSuccess)
        {
            LinksWire.Write(w, WireNames.OnSuccess, onSuccess);
        }

        if (spec.OnFailure is { } onFailure)
        {
            LinksWire.Write(w, WireNames.OnFailure, onFailure);
        }

        w.WriteEndObject();
    }

    /// <param name="id">The id if the spec does not say it.</param>
    public static JobSpec Read(ref WireReader r, JobId? id = null)
    {
        string? pipeline = null;
        var spec = Plain;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Id))
            {
                id = JobId.Parse(r.Text());
            }
            else if (r.Is(WireNames.Pipeline))
            {
                pipeline = r.Text();
            }
            else
            {
                spec = ReadOptional(ref r, spec);
            }
        }

        return spec with { Id = WireReader.Required(id, WireNames.Id), Pipeline = WireReader.Required(pipeline, WireNames.Pipeline) };
    }

    /// <summary>Whether nothing but the id, the pipeline and the run's configuration differs from the defaults.</summary>
    public static bool IsPlain(JobSpec spec) =>
        spec.Tags.Count == 0 && spec.Metadata.Count == 0
        && spec == Plain with { Id = spec.Id, Pipeline = spec.Pipeline, RunConfigJson = spec.RunConfigJson };

    public static bool HasPlainRunConfig(JobSpec spec) => spec.RunConfigJson.Span.SequenceEqual(Plain.RunConfigJson.Span);

    public static JobSpec PlainOf(JobId id, string pipeline) => Plain with { Id = id, Pipeline = pipeline };

    /// <summary>The spec as one JSON object of its own, without its id.</summary>
    public static byte[] Json(JobSpec spec)
    {
        var buffer = WireBuffer.Rent();
        Write(buffer.Writer, spec, withId: false);
        return buffer.Finish();
    }

    public static JobSpec FromJson(ReadOnlySpan<byte> json, JobId id)
    {
        var r = new WireReader(json);
        r.Start();
        var spec = Read(ref r, id);
        r.End();
        return spec;
    }

    public static byte[] Json(JobError error)
    {
        var buffer = WireBuffer.Rent();
        Write(buffer.Writer, error);
        return buffer.Finish();
    }

    public static JobError ErrorFromJson(ReadOnlySpan<byte> json)
    {
        var r = new WireReader(json);
        r.Start();
        var error = ReadError(ref r);
        r.End();
        return error;
    }

    public static void Write(Utf8JsonWriter w, JobError error)
    {
        w.WriteStartObject();
        WriteTexts(w, WireNames.Types, error.Types);
        WriteText(w, WireNames.Message, error.Message);
        WriteUnless(w, WireNames.Detail, error.Detail, null);
        w.WriteEndObject();
    }

    public static JobError ReadError(ref WireReader r)
    {
        List<string>? types = null;
        string? message = null;
        string? detail = null;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Types))
            {
                types = r.Texts();
            }
            else if (r.Is(WireNames.Message))
            {
                message = r.Text();
            }
            else if (r.Is(WireNames.Detail))
            {
                detail = r.Text();
            }
            else
            {
                r.SkipField();
            }
        }

        return new JobError(WireReader.Required(types, WireNames.Types), WireReader.Required(message, WireNames.Message), detail);
    }

    /// <summary>Writes a text that must be there: what is absent is refused here, because it could not be read again.</summary>
    public static void WriteText(Utf8JsonWriter w, JsonEncodedText name, string? text) =>
        w.WriteString(name, text ?? throw new ArgumentException($"The field '{name}' of a job has no text."));

    public static void WriteRaw(Utf8JsonWriter w, JsonEncodedText name, ReadOnlyMemory<byte> json)
    {
        w.WritePropertyName(name);
        w.WriteRawValue(json.Span.Trim(" \t\r\n"u8), skipInputValidation: true); // checked before it was accepted
    }

    private static JobSpec ReadOptional(ref WireReader r, JobSpec spec)
    {
        // A copy per field, but most jobs have few that are not at their defaults.
        if (r.Is(WireNames.Project))
        {
            return spec with { Project = r.Text() };
        }

        if (r.Is(WireNames.Queue))
        {
            return spec with { Queue = r.Text() };
        }

        if (r.Is(WireNames.Description))
        {
            return spec with { Description = r.Text() };
        }

        if (r.Is(WireNames.Priority))
        {
            return spec with { Priority = (JobPriority)r.SmallNumber() };
        }

        if (r.Is(WireNames.RunConfig))
        {
            return spec with { RunConfigJson = r.RawValue() };
        }

        if (r.Is(WireNames.Retry))
        {
            return spec with { Retry = ReadRetry(ref r) };
        }

        if (r.Is(WireNames.Timeout))
        {
            return spec with { Timeout = r.Length() };
        }

        if (r.Is(WireNames.ExpiresAt))
        {
            return spec with { ExpiresAt = r.Instant() };
        }

        if (r.Is(WireNames.ResultRetention))
        {
            return spec with { ResultRetention = r.Length() };
        }

        if (r.Is(WireNames.FailureRetention))
        {
            return spec with { FailureRetention = r.Length() };
        }

        if (r.Is(WireNames.Tags))
        {
            return spec with { Tags = r.Texts() };
        }

        if (r.Is(WireNames.Metadata))
        {
            return spec with { Metadata = r.TextsByName() };
        }

        if (r.Is(WireNames.DependsOn))
        {
            return spec with { DependsOn = LinksWire.ReadParents(ref r) };
        }

        if (r.Is(WireNames.UniqueKey))
        {
            return spec with { UniqueKey = r.Text() };
        }

        if (r.Is(WireNames.UniqueFor))
        {
            return spec with { UniqueFor = r.Length() };
        }

        if (r.Is(WireNames.OnSuccess))
        {
            return spec with { OnSuccess = LinksWire.ReadCallback(ref r) };
        }

        if (r.Is(WireNames.OnFailure))
        {
            return spec with { OnFailure = LinksWire.ReadCallback(ref r) };
        }

        r.SkipField();
        return spec;
    }

    private static void Write(Utf8JsonWriter w, RetryPolicy retry)
    {
        var plain = RetryPolicy.Default;
        w.WriteStartObject();
        if (retry.MaxRetries != plain.MaxRetries)
        {
            w.WriteNumber(WireNames.MaxRetries, retry.MaxRetries);
        }

        if (!retry.JitterFactor.Equals(plain.JitterFactor))
        {
            w.WriteNumber(WireNames.JitterFactor, retry.JitterFactor);
        }

        WriteUnless(w, WireNames.Delay, retry.Delay, plain.Delay);
        WriteUnless(w, WireNames.MaxDelay, retry.MaxDelay, plain.MaxDelay);
        if (!retry.Exceptions.SequenceEqual(plain.Exceptions))
        {
            WriteTexts(w, WireNames.Exceptions, retry.Exceptions);
        }

        w.WriteEndObject();
    }

    private static RetryPolicy ReadRetry(ref WireReader r)
    {
        var retry = RetryPolicy.Default;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.MaxRetries))
            {
                retry = retry with { MaxRetries = r.SmallNumber() };
            }
            else if (r.Is(WireNames.JitterFactor))
            {
                retry = retry with { JitterFactor = r.Fraction() };
            }
            else if (r.Is(WireNames.Delay))
            {
                retry = retry with { Delay = r.Length() };
            }
            else if (r.Is(WireNames.MaxDelay))
            {
                retry = retry with { MaxDelay = r.Length() };
            }
            else if (r.Is(WireNames.Exceptions))
            {
                retry = retry with { Exceptions = r.Texts() };
            }
            else
            {
                r.SkipField();
            }
        }

        return retry;
    }

    private static void WriteUnless(Utf8JsonWriter w, JsonEncodedText name, string? value, string? plain)
    {
        if (value is not null && value != plain)
        {
            w.WriteString(name, value);
        }
    }

    private static void WriteUnless(Utf8JsonWriter w, JsonEncodedText name, TimeSpan? value, TimeSpan? plain)
    {
        if (value is { } length && length != plain)
        {
            w.WriteNumber(name, length.Ticks);
        }
    }

    private static void WriteUnless(Utf8JsonWriter w, JsonEncodedText name, DateTimeOffset? value)
    {
        if (value is { } instant)
        {
            w.WriteNumber(name, instant.UtcTicks);
        }
    }

    private static void WriteTexts(Utf8JsonWriter w, JsonEncodedText name, IReadOnlyList<string> texts)
    {
        w.WriteStartArray(name);
        foreach (var text in texts)
        {
            w.WriteStringValue(text ?? throw new ArgumentException($"The list '{name}' of a job holds an entry without text."));
        }

        w.WriteEndArray();
    }
}
