using System.Globalization;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Node.Workers;

namespace FlowerPower.Cli.Running;

/// <summary>A worker's lines about attempts whose outcome is stored, and what they came to in all.</summary>
internal sealed class AttemptLog(Output output, TimeProvider time, bool isQuiet)
{
    private const int MaxErrorLines = 8;

    private readonly Lock gate = new();
    private long completed;
    private long failed;
    private long cancelled;
    private long triedAgain;
    private long handedBack;
    private long snoozed;
    private long takenAway;

    /// <summary>Jobs that failed for good.</summary>
    public long FailedJobs
    {
        get
        {
            lock (gate)
            {
                return failed;
            }
        }
    }

    /// <summary><c>12 jobs completed, 1 failed</c>, and what else there was.</summary>
    public string Summary
    {
        get
        {
            lock (gate)
            {
                var parts = new List<string> { $"{Sentences.Count(completed, "job")} completed" };
                Add(failed, $"{failed:N0} failed");
                Add(cancelled, $"{cancelled:N0} cancelled");
                Add(triedAgain, $"{Sentences.Count(triedAgain, "failed attempt")} to be tried again");
                Add(snoozed, $"{Sentences.Count(snoozed, "attempt")} snoozed");
                Add(handedBack, $"{Sentences.Count(handedBack, "attempt")} handed back");
                Add(takenAway, $"{Sentences.Count(takenAway, "attempt")} taken away");
                return string.Join(", ", parts);

                void Add(long count, FormattableString part)
                {
                    if (count > 0)
                    {
                        parts.Add(FormattableString.Invariant(part));
                    }
                }
            }
        }
    }

    /// <summary>An attempt has ended.</summary>
    public void Add(AttemptReport report)
    {
        lock (gate)
        {
            Count(report)++;
        }

        if (!isQuiet)
        {
            var text = string.Join('\n', Lines(report));
            output.Text(text);
            if (output.IsJson)
            {
                output.Note(text);
            }
        }
    }

    private ref long Count(AttemptReport report)
    {
        switch (report.End)
        {
            case AttemptEnd.Completed:
                return ref completed;
            case AttemptEnd.Failed or AttemptEnd.TimedOut:
                return ref report.EndsJob ? ref failed : ref triedAgain;
            case AttemptEnd.Cancelled:
                return ref cancelled;
            case AttemptEnd.HandedBack:
                return ref handedBack;
            case AttemptEnd.Snoozed:
                return ref snoozed;
            default:
                return ref takenAway;
        }
    }

    private IEnumerable<string> Lines(AttemptReport report)
    {
        var at = time.GetUtcNow().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var job = ResultText.Clean($"{report.Job.Pipeline} {report.Job.Id}");
        var took = Times.Length(report.Took);
        switch (report.End)
        {
            case AttemptEnd.Completed:
                return [$"{at} completed {job} in {took}{(report.Attempt.InAll > 1 ? Attempt(report) : "")}"];
            case AttemptEnd.Failed:
                var why = ErrorText.Lines(report.Error!, MaxErrorLines);
                return [$"{at} failed {job} in {took}{Attempt(report)}: {why[0]}", .. why.Skip(1).Select(line => "  " + line)];
            case AttemptEnd.TimedOut:
                return [$"{at} timed out {job} after {Times.Length(report.Job.Timeout ?? report.Took)}{Attempt(report)}"];
            case AttemptEnd.Cancelled:
                return [$"{at} cancelled {job} after {took}"];
            case AttemptEnd.Snoozed:
                return [$"{at} snoozed {job} after {took}: it goes on later"];
            case AttemptEnd.HandedBack:
                return [$"{at} handed back {job} after {took}: it runs again with the next worker"];
            default:
                return [$"{at} taken away {job} after {took}: what this attempt came to is not recorded"];
        }
    }

    private static string Attempt(AttemptReport report)
    {
        var (inAll, thisRound) = report.Attempt;
        var policy = report.Job.Retry;
        var isGivenUp = report is { EndsJob: true, End: not AttemptEnd.Completed } && thisRound < policy.MaxAttempts;
        return $", attempt {JobText.Attempts(thisRound, policy.MaxAttempts, inAll)}{(isGivenUp ? ", not tried again" : "")}";
    }
}
