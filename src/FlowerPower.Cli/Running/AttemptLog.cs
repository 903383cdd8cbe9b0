using System.Globalization;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Client;

namespace FlowerPower.Cli.Running;

/// <summary>A worker's lines about attempts that ended, and their count.</summary>
internal sealed class AttemptLog(Output output, TimeProvider time, bool isQuiet)
{
    private long succeeded;
    private long failed;
    private long handedBack;

    /// <summary><c>12 completed, 1 failed attempt</c>.</summary>
    public string Summary
    {
        get
        {
            var parts = new List<string> { $"{Sentences.Count(Interlocked.Read(ref succeeded), "job")} completed" };
            if (Interlocked.Read(ref failed) is > 0 and var failures)
            {
                parts.Add(Sentences.Count(failures, "failed attempt"));
            }

            if (Interlocked.Read(ref handedBack) is > 0 and var given)
            {
                parts.Add($"{Sentences.Count(given, "attempt")} taken away or handed back");
            }

            return string.Join(", ", parts);
        }
    }

    /// <summary>An attempt has ended.</summary>
    public void Add(AttemptReport report)
    {
        var outcome = report.Error switch
        {
            null => (Count: Interlocked.Increment(ref succeeded), Word: "completed").Word,
            OperationCanceledException => (Count: Interlocked.Increment(ref handedBack), Word: "stopped").Word,
            _ => (Count: Interlocked.Increment(ref failed), Word: "failed").Word,
        };
        if (!isQuiet)
        {
            var line = Line(report, outcome);
            output.Text(line);
            if (output.IsJson)
            {
                output.Note(line);
            }
        }
    }

    private string Line(AttemptReport report, string outcome)
    {
        var at = time.GetUtcNow().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var (inAll, thisRound) = report.Attempt;
        var attempts = inAll > 1 || outcome == "failed" ? $", attempt {JobText.Attempts(thisRound, report.Job.Retry.MaxAttempts, inAll)}" : "";
        var why = outcome == "failed" ? $": {(report.Error!.InnerException ?? report.Error).GetType().Name}: {report.Error.Message}" : "";
        return ResultText.Clean($"{at} {outcome} {report.Job.Pipeline} {report.Job.Id} in {Times.Length(report.Took)}{attempts}{why}");
    }
}
