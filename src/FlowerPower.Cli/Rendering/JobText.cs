using FlowerPower.Cli.Parsing;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Rendering;

/// <summary>Jobs for people.</summary>
internal static class JobText
{
    private const int MaxHistory = 12;
    private const int MaxErrorLines = 12;

    /// <summary>The word that users know.</summary>
    public static string Word(JobStatus status) => status switch
    {
        JobStatus.Scheduled => "scheduled",
        JobStatus.Deferred => "deferred",
        JobStatus.Pending => "pending",
        JobStatus.Running => "running",
        JobStatus.Retrying => "retrying",
        JobStatus.Completed => "completed",
        JobStatus.Failed => "failed",
        JobStatus.Cancelled => "cancelled",
        _ => status.ToString(),
    };

    /// <summary>The word that users know.</summary>
    public static string Word(JobPriority priority) => priority switch
    {
        JobPriority.High => "high",
        JobPriority.Low => "low",
        _ => "medium",
    };

    /// <summary>Everything about one job, a line for each fact.</summary>
    /// <param name="whyWaiting">A sentence; <see langword="null"/>: it does not wait, or nobody asked.</param>
    public static IEnumerable<string> Details(JobView job, NextCommands next, DateTimeOffset now, int width, string? whyWaiting = null)
    {
        var facts = new TextTable("", "");
        facts.Add("job", job.Id.Value);
        facts.Add("pipeline", job.Pipeline);
        facts.Add("status", Status(job));
        facts.Add("queue", $"{job.Queue}, {Word(job.Priority)} priority");
        Add("waits", whyWaiting);
        Add("after", Parents(job));
        facts.Add("enqueued", Times.At(job.EnqueuedAt, now));
        Add("due", job.DueAt is { } due ? Times.At(due, now) : null);
        Add("started", job.StartedAt is { } started ? Times.At(started, now) : null);
        Add("finished", job.FinishedAt is { } finished ? Times.At(finished, now) + Took(job) : null);
        facts.Add("attempts", Attempts(job.AttemptsThisRound, job.MaxAttempts, job.Attempts));
        Add("worker", job.Worker);
        Add("result", job.Status == JobStatus.Completed ? next.Queue($"result {job.Id}") : null);
        foreach (var (i, line) in (job.Error is { } error ? ErrorText.Lines(error, MaxErrorLines) : []).Index())
        {
            facts.Add(i == 0 ? "error" : "", line);
        }

        Add("description", job.Description);
        Add("tags", job.Tags.Count > 0 ? string.Join(", ", job.Tags) : null);
        Add("metadata", job.Metadata.Count > 0 ? string.Join(", ", job.Metadata.Select(pair => $"{pair.Key}={pair.Value}")) : null);
        return facts.Lines(Math.Max(width, 400)).Concat(History(job, width));

        void Add(string name, string? fact)
        {
            if (fact is not null)
            {
                facts.Add(name, ResultText.Clean(fact));
            }
        }
    }

    /// <summary>The jobs that it depends on, and which of them it waits for.</summary>
    private static string? Parents(JobView job) => job.DependsOn.Count == 0 ? null : string.Join(", ", job.DependsOn.Select(parent =>
        $"{parent.Job}{(parent.AllowFailure ? ", however it ends" : "")}{(job.WaitsFor.Contains(parent.Job) ? " (waits for it)" : "")}"));

    /// <summary><c>2 of 4</c>, and where they differ, the attempts of the whole life: <c>2 of 4, 17 in all</c>.</summary>
    public static string Attempts(int thisRound, int max, int inAll) => $"{thisRound} of {max}" + (inAll == thisRound ? "" : $", {inAll} in all");

    /// <summary>The status, and how far the running attempt is.</summary>
    public static string Status(JobView job) => job.Progress is { } progress && job.Status == JobStatus.Running
        ? $"running, {Progress(progress)}"
        : Word(job.Status);

    /// <summary><c>3 of 7 nodes, at monthly_normals</c>.</summary>
    public static string Progress(JobProgress progress) =>
        (progress.NodesTotal > 0 ? $"{progress.NodesDone} of {Sentences.Count(progress.NodesTotal, "node")}" : "starting")
        + (progress.CurrentNode is { } node ? $", at {node}" : "")
        + Said(progress);

    /// <summary><c>, 42 %: page 7 of 20</c>: what the job says of itself; empty if it says nothing.</summary>
    public static string Said(JobProgress progress) =>
        (progress.Fraction is { } fraction ? FormattableString.Invariant($", {Math.Floor(fraction * 100):0} %") : "")
        + (progress.Text is { } text ? $": {text}" : "");

    /// <summary><c>12:00:01.234  running    hello hello-tonight, 3 of 7 nodes, at monthly_normals</c>: a job that has changed, on one line.</summary>
    public static string Change(JobView job, DateTimeOffset now)
    {
        var note = Note(job, now);
        var at = now.ToUniversalTime().ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture);
        return $"{at}  {Word(job.Status),-9}  {ResultText.Clean(job.Pipeline)} {job.Id}{(note.Length > 0 ? $", {note}" : "")}";
    }

    /// <summary>A list of jobs.</summary>
    public static TextTable List(IEnumerable<JobView> jobs, DateTimeOffset now)
    {
        var table = new TextTable("ID", "PIPELINE", "STATUS", "QUEUE", "PRIORITY", "ENQUEUED", "TOOK", "NOTE");
        foreach (var job in jobs)
        {
            table.Add(
                job.Id.Value,
                job.Pipeline,
                Word(job.Status),
                job.Queue,
                Word(job.Priority),
                Times.At(job.EnqueuedAt),
                RunningTime(job) is { } took ? Times.Length(took) : "",
                Note(job, now));
        }

        return table;
    }

    private static string Note(JobView job, DateTimeOffset now) => ResultText.Clean(job switch
    {
        { Status: JobStatus.Failed or JobStatus.Retrying, Error: { } error } => ErrorText.Line(error),
        { Status: JobStatus.Scheduled, DueAt: { } due } => due > now ? $"in {Times.Length(due - now)}" : "due",
        { Status: JobStatus.Deferred, WaitsFor: { Count: > 0 } parents } => $"after {parents[0]}{(parents.Count > 1 ? $" and {Sentences.Count(parents.Count - 1, "other")}" : "")}",
        { Status: JobStatus.Running, Progress: { } progress } => Progress(progress),
        { Description: { Length: > 0 } description } => description,
        { Tags.Count: > 0 } => string.Join(" ", job.Tags),
        _ => "",
    });

    private static TimeSpan? RunningTime(JobView job) => job is { StartedAt: { } start, FinishedAt: { } end } && end >= start ? end - start : null;

    private static string Took(JobView job) => RunningTime(job) is { } took ? $", took {Times.Length(took)}" : "";

    private static IEnumerable<string> History(JobView job, int width)
    {
        if (job.History.Count == 0)
        {
            return [];
        }

        var steps = new TextTable("", "", "", "");
        foreach (var step in job.History.TakeLast(MaxHistory))
        {
            var note = string.Join(", ", new[] { step.By is null ? null : "by " + step.By, step.Note?.Split('\n')[0].TrimEnd() }.Where(part => !string.IsNullOrEmpty(part)));
            steps.Add(
                step.At.ToUniversalTime().ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture),
                Word(step.Status),
                step.Attempt > 0 ? $"attempt {step.Attempt}" : "",
                ResultText.Clean(note));
        }

        var more = job.History.Count - MaxHistory;
        return new[] { "history" + (more > 0 ? $" (the last {MaxHistory} of {job.History.Count} steps)" : "") }.Concat(steps.Lines(width, "  "));
    }
}
