using System.Globalization;
using System.Text.Json;
using FlowerPower.Cli.Parsing;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Rendering;

/// <summary>A job's lines as they are read: for people, or one JSON object a line.</summary>
internal sealed class LogText(Output output)
{
    private int attempt = 1;

    /// <summary>The next line, and before it what is missing.</summary>
    public void Say(JobLogLine line)
    {
        output.JsonLine(json => Write(json, line));
        if (line.Attempt != attempt)
        {
            attempt = line.Attempt;
            output.Text($"attempt {attempt}");
        }

        if (line.DroppedBefore > 0)
        {
            output.Text($"… {Sentences.Count(line.DroppedBefore, "line")} dropped");
        }

        output.Text($"{line.At.ToUniversalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}  {ResultText.Clean(line.Text)}");
    }

    /// <summary>All of them as one document.</summary>
    public static void Write(Utf8JsonWriter json, JobId id, IEnumerable<JobLogLine> lines)
    {
        json.WriteStartObject();
        json.WriteString("id", id.Value);
        json.WriteStartArray("lines");
        foreach (var line in lines)
        {
            Write(json, line);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JobLogLine line)
    {
        json.WriteStartObject();
        json.WriteNumber("attempt", line.Attempt);
        json.WriteNumber("number", line.Number);
        JobJson.Instant(json, "at", line.At);
        json.WriteString("text", line.Text);
        json.WriteNumber("droppedBefore", line.DroppedBefore);
        json.WriteEndObject();
    }
}
