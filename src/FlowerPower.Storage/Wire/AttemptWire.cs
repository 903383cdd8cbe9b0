using System.Collections.Immutable;
using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>What attempts said and saved, as parts of records and events.</summary>
internal static class AttemptWire
{
    public static void Write(Utf8JsonWriter w, JobLog log)
    {
        w.WriteStartArray();
        foreach (var line in log.Lines)
        {
            // An array: attempt, number, instant, text.
            w.WriteStartArray();
            w.WriteNumberValue(line.Attempt);
            w.WriteNumberValue(line.Number);
            w.WriteNumberValue(line.At.UtcTicks);
            w.WriteStringValue(line.Text);
            w.WriteEndArray();
        }

        w.WriteEndArray();
    }

    public static JobLog ReadLog(ref WireReader r)
    {
        var lines = ImmutableArray.CreateBuilder<JobLogLine>();
        r.BeginArray();
        while (r.NextElement())
        {
            r.BeginArray();
            r.NextElement();
            var attempt = r.SmallNumber();
            r.NextElement();
            var number = r.Number();
            r.NextElement();
            var at = r.Instant();
            r.NextElement();
            lines.Add(new JobLogLine(attempt, number, at, r.Text()));
            r.SkipElements();
        }

        return new JobLog(lines.DrainToImmutable());
    }

    public static void Write(Utf8JsonWriter w, JobCheckpoint checkpoint)
    {
        w.WriteStartObject();
        w.WriteNumber(WireNames.Attempt, checkpoint.Attempt);
        SpecWire.WriteRaw(w, WireNames.Checkpoint, checkpoint.Json);
        w.WriteEndObject();
    }

    public static JobCheckpoint ReadCheckpoint(ref WireReader r)
    {
        int? attempt = null;
        byte[]? json = null;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Attempt))
            {
                attempt = r.SmallNumber();
            }
            else if (r.Is(WireNames.Checkpoint))
            {
                json = r.RawValue();
            }
            else
            {
                r.SkipField();
            }
        }

        return new JobCheckpoint(WireReader.Required(attempt, WireNames.Attempt), WireReader.Required(json, WireNames.Checkpoint));
    }
}
