using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Rendering;

/// <summary>Jobs and queues as JSON. The names are for scripts: they are added to, never changed; what there is not is <c>null</c>.</summary>
internal static class JobJson
{
    /// <summary>One job as an object.</summary>
    /// <param name="extra">Writes further members into it; <see langword="null"/>: none.</param>
    public static void Write(Utf8JsonWriter json, JobView job, Action<Utf8JsonWriter>? extra = null) =>
        Write(json, job, extra, withHistory: true);

    private static void Write(Utf8JsonWriter json, JobView job, Action<Utf8JsonWriter>? extra, bool withHistory)
    {
        json.WriteStartObject();
        json.WriteString("id", job.Id.Value);
        json.WriteString("pipeline", job.Pipeline);
        json.WriteString("project", job.Project);
        json.WriteString("queue", job.Queue);
        json.WriteString("priority", JobText.Word(job.Priority));
        json.WriteString("status", JobText.Word(job.Status));
        Instant(json, "enqueuedAt", job.EnqueuedAt);
        Instant(json, "dueAt", job.DueAt);
        Instant(json, "startedAt", job.StartedAt);
        Instant(json, "finishedAt", job.FinishedAt);
        Instant(json, "keptUntil", job.KeptUntil);
        json.WriteNumber("attempts", job.Attempts);
        json.WriteNumber("maxAttempts", job.MaxAttempts);
        json.WriteNumber("attemptsThisRound", job.AttemptsThisRound);
        json.WriteString("worker", job.Worker);
        Progress(json, job.Progress);
        Error(json, job.Error);
        json.WriteString("description", job.Description);
        Texts(json, "tags", job.Tags);
        json.WriteStartObject("metadata");
        foreach (var (name, value) in job.Metadata)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("dependsOn");
        foreach (var parent in job.DependsOn)
        {
            json.WriteStartObject();
            json.WriteString("job", parent.Job.Value);
            json.WriteBoolean("allowFailure", parent.AllowFailure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Texts(json, "waitsFor", job.WaitsFor.Select(id => id.Value));
        if (withHistory)
        {
            History(json, job.History);
        }

        extra?.Invoke(json);
        json.WriteEndObject();
    }

    /// <summary>An array of jobs, without their histories, which lists do not have.</summary>
    public static void WriteAll(Utf8JsonWriter json, string name, IEnumerable<JobView> jobs)
    {
        json.WriteStartArray(name);
        foreach (var job in jobs)
        {
            Write(json, job, extra: null, withHistory: false);
        }

        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>A queue in numbers; every status has one.</summary>
    public static void Write(Utf8JsonWriter json, QueueOverview overview, string project, bool isServed)
    {
        json.WriteStartObject();
        json.WriteString("project", project);
        json.WriteString("node", isServed ? overview.Node : null);
        Instant(json, "asOf", overview.AsOf);
        json.WriteStartObject("counts");
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            json.WriteNumber(JobText.Word(status), overview.Counts.GetValueOrDefault(status));
        }

        json.WriteEndObject();
        json.WriteNumber("workerSlots", overview.WorkerSlots);
        json.WriteNumber("busySlots", overview.BusySlots);
        if (overview.Queues is { } queues)
        {
            Texts(json, "queues", queues);
        }
        else
        {
            json.WriteNull("queues"); // all
        }

        WriteMissing(json, overview.Missing);
        json.WriteEndObject();
    }

    /// <summary>Nodes of a cluster whose unfinished jobs are not in an answer; an empty list is a promise that it is whole.</summary>
    public static void WriteMissing(Utf8JsonWriter json, IReadOnlyList<string>? missing) => Texts(json, "missing", missing ?? []);

    /// <summary>A run's result: an object by node name, every value as it was stored.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, JsonElement>> result)
    {
        json.WriteStartObject();
        foreach (var (node, value) in result)
        {
            json.WritePropertyName(node);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>An instant in ISO 8601 and UTC, or <c>null</c>.</summary>
    public static void Instant(Utf8JsonWriter json, string name, DateTimeOffset? instant)
    {
        if (instant is { } at)
        {
            json.WriteString(name, at.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Progress(Utf8JsonWriter json, JobProgress? progress)
    {
        if (progress is null)
        {
            json.WriteNull("progress");
            return;
        }

        json.WriteStartObject("progress");
        json.WriteNumber("nodesDone", progress.NodesDone);
        json.WriteNumber("nodesTotal", progress.NodesTotal);
        json.WriteString("currentNode", progress.CurrentNode);
        if (progress.Fraction is { } fraction)
        {
            json.WriteNumber("fraction", fraction);
        }
        else
        {
            json.WriteNull("fraction");
        }

        json.WriteString("text", progress.Text);
        json.WriteEndObject();
    }

    private static void Error(Utf8JsonWriter json, JobError? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("type", error.Type);
        json.WriteString("message", error.Message);
        json.WriteString("detail", error.Detail);
        json.WriteEndObject();
    }

    private static void History(Utf8JsonWriter json, IReadOnlyList<JobTransition> history)
    {
        json.WriteStartArray("history");
        foreach (var step in history)
        {
            json.WriteStartObject();
            Instant(json, "at", step.At);
            json.WriteString("status", JobText.Word(step.Status));
            json.WriteNumber("attempt", step.Attempt);
            json.WriteString("by", step.By);
            json.WriteString("note", step.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
