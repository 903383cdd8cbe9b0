using System.Text.Json;
using FlowerPower.Cli.Parsing;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Rendering;

/// <summary>Queues and their settings, for people and for scripts.</summary>
internal static class QueueText
{
    /// <summary>A list of queues.</summary>
    public static TextTable List(IEnumerable<QueueInfo> queues, DateTimeOffset now)
    {
        var table = new TextTable("QUEUE", "WAITING", "RUNNING", "SETTINGS");
        foreach (var info in queues)
        {
            var running = info.Counts.GetValueOrDefault(JobStatus.Running);
            table.Add(
                info.Name,
                FormattableString.Invariant($"{info.Counts.Values.Sum() - running:N0}"),
                FormattableString.Invariant($"{running:N0}"),
                ResultText.Clean(string.Join("; ", Parts(info.Settings, at => at >= now ? " now" : $" {Times.Length(now - at)} ago"))));
        }

        return table;
    }

    /// <summary><c>at most 2 at once, at most 100 starts in 1 min</c>.</summary>
    public static string Limits(QueueSettings settings) => string.Join(", ", new[]
    {
        settings.Concurrency is { } most ? FormattableString.Invariant($"at most {most:N0} at once") : null,
        settings.Rate is { } rate ? FormattableString.Invariant($"at most {Sentences.Count(rate.Count, "start")} in {Times.Length(rate.Per)}") : null,
    }.OfType<string>());

    /// <summary>A queue as a JSON object.</summary>
    public static void Write(Utf8JsonWriter json, QueueInfo info)
    {
        json.WriteStartObject();
        json.WriteString("name", info.Name);
        json.WriteStartObject("counts");
        foreach (var (status, count) in info.Counts.OrderBy(count => count.Key))
        {
            json.WriteNumber(JobText.Word(status), count);
        }

        json.WriteEndObject();
        if (info.Settings.Pause is { } pause)
        {
            json.WriteStartObject("paused");
            json.WriteString("by", pause.By);
            JobJson.Instant(json, "at", pause.At);
            json.WriteString("reason", pause.Reason);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("paused");
        }

        if (info.Settings.Concurrency is { } most)
        {
            json.WriteNumber("concurrency", most);
        }
        else
        {
            json.WriteNull("concurrency");
        }

        if (info.Settings.Rate is { } rate)
        {
            json.WriteStartObject("rate");
            json.WriteNumber("count", rate.Count);
            json.WriteNumber("perSeconds", rate.Per.TotalSeconds);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("rate");
        }

        json.WriteNumber("permits", info.Permits);
        json.WriteStartArray("changes");
        foreach (var change in info.Changes)
        {
            json.WriteStartObject();
            JobJson.Instant(json, "at", change.At);
            json.WriteString("by", change.By);
            json.WriteString("settings", change.Settings.IsPlain ? "none" : string.Join("; ", Parts(change.Settings, _ => "")));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> Parts(QueueSettings settings, Func<DateTimeOffset, string> since)
    {
        if (settings.Pause is { } pause)
        {
            yield return $"paused by {pause.By}{since(pause.At)}{(pause.Reason is null ? "" : $": {pause.Reason}")}";
        }

        if (Limits(settings) is { Length: > 0 } limits)
        {
            yield return limits;
        }
    }
}
