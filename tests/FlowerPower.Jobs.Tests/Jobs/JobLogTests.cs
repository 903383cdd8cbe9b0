using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class JobLogTests
{
    private static JobLogLine[] Lines(int attempt, int count, string text = "line") =>
        [.. Enumerable.Range(1, count).Select(number => new JobLogLine(attempt, number, T0, $"{text} {number}"))];

    [Fact]
    public void The_lines_that_come_with_an_attempts_end_are_stored_before_that_end()
    {
        var decision = JobLifecycle.Decide(Running(), new Succeed(First, Result) { Log = Lines(1, 2) }, T0, jitter: 0);

        Assert.Collection(
            decision.Events,
            kept => Assert.Equal(["line 1", "line 2"], Assert.IsType<LogKept>(kept).Log.Lines.Select(line => line.Text)),
            ended => Assert.IsType<Completed>(ended));
    }

    [Fact]
    public void However_an_attempt_ends_its_lines_are_kept()
    {
        var log = Lines(1, 1);
        JobCommand[] ends =
        [
            new Succeed(First, Result) { Log = log },
            new Fail(First, Broken) { Log = log },
            new LoseWorker(Ada, HandedBack: false) { Log = log },
            new Snooze(First, Minute) { Log = log },
            new Cancel("bob", null) { Log = log },
        ];

        Assert.All(ends, end => Assert.Equal(log, After(Running(), T0, end).History!.Log!.Lines));
    }

    [Fact]
    public void Lines_of_an_attempt_that_goes_on_are_not_stored() =>
        AssertNothing(Running(), new WriteLog(First, Lines(1, 1)) { Log = Lines(1, 1) }, T0);

    [Fact]
    public void Lines_of_an_attempt_that_was_taken_away_are_refused() =>
        AssertRefused(Refusal.StaleAttempt, Running(), new WriteLog(Other, Lines(1, 1)), T0);

    [Fact]
    public void A_job_without_lines_ends_with_one_event() =>
        Assert.Single(JobLifecycle.Decide(Running(), new Succeed(First, Result) { Log = [] }, T0, jitter: 0).Events);

    [Fact]
    public void The_newest_lines_of_all_attempts_are_kept()
    {
        var once = After(Running(), T0, new Fail(First, Broken) { Log = Lines(1, 30) });
        var twice = After(After(once, T0 + Minute, new Start(Other, Ada)), T0 + Minute, new Succeed(Other, Result) { Log = Lines(2, 30) });

        var kept = twice.History!.Log!.Lines;
        Assert.Equal(JobLog.MaxLines, kept.Length);
        Assert.Equal(new JobLogPlace(1, 11), JobLogPlace.Of(kept[0]));
        Assert.Equal(new JobLogPlace(2, 30), JobLogPlace.Of(kept[^1]));
    }

    [Fact]
    public void A_log_is_bounded_in_bytes_and_keeps_the_newest_line_even_so()
    {
        var long1 = new string('ü', JobLogLine.MaxTextLength);
        var kept = JobLog.None.With(Lines(1, 20, long1)).Lines;

        Assert.InRange(kept.Length, 1, JobLog.MaxBytes / JobLogLine.MaxTextLength);
        Assert.Equal(20, kept[^1].Number);
        var huge = new JobLogLine(1, 1, T0, new string('\u20ac', JobLogLine.MaxTextLength * 4));
        Assert.Equal(JobLogLine.MaxTextLength, Assert.Single(JobLog.None.With([huge]).Lines).Text.Length);
    }

    [Fact]
    public void A_line_that_is_told_twice_is_kept_once() =>
        Assert.Equal(2, JobLog.None.With(Lines(1, 2)).With(Lines(1, 2)).Lines.Length);

    [Fact]
    public void Numbers_say_how_many_lines_are_missing()
    {
        var next = new JobLogLine(2, 10, T0, "");

        Assert.Equal(0, new JobLogPlace(2, 9).MissingBefore(next));
        Assert.Equal(6, new JobLogPlace(2, 3).MissingBefore(next));
        Assert.Equal(9, new JobLogPlace(1, 3).MissingBefore(next));
    }
}
