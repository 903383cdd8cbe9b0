using System.Text;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;

namespace FlowerPower.Failures.Checks;

/// <summary>Small histories for the tests of the checkers.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Invocation Asked(string job, Answer answer = Answer.Acknowledged) => new(job, 0, 1, 2, answer, null);

    public static JobTransition Step(int second, JobStatus status, int attempt = 0, string? by = null, string? grant = null) =>
        new(T0.AddSeconds(second), status, attempt, by, null, grant is null ? null : new GrantId(grant));

    public static JobTransition[] OneRun { get; } = [Step(0, JobStatus.Pending), Step(1, JobStatus.Running, 1, "w", "g1"), Step(2, JobStatus.Completed, 1, "w")];

    public static JobView Waiting(string id) => View(id, JobStatus.Pending, Step(0, JobStatus.Pending));

    public static JobView Completed(string id, string run) => View(id, JobStatus.Completed, OneRun) with
    {
        ResultJson = Encoding.UTF8.GetBytes($$"""{"answer":"{{run}}"}"""),
    };

    public static JobView Failed(string id) => View(id, JobStatus.Failed, [.. OneRun[..2], Step(2, JobStatus.Failed, 1, "w")]);

    public static JobView View(string id, JobStatus status, params JobTransition[] history) => new()
    {
        Id = JobId.Parse(id),
        Pipeline = "traced",
        Queue = "default",
        Priority = JobPriority.Medium,
        Status = status,
        EnqueuedAt = T0,
        FinishedAt = status is JobStatus.Completed or JobStatus.Failed ? history[^1].At : null,
        Attempts = history.Count(step => step.Status == JobStatus.Running),
        History = history,
    };
}
