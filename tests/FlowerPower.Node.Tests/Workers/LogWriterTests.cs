using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node.Tests.Workers;

public sealed class LogWriterTests
{
    private readonly ManualTime time = new();
    private readonly List<IReadOnlyList<JobLogLine>> batches = [];

    private IEnumerable<JobLogLine> Sent => batches.SelectMany(batch => batch);

    private LogWriter Writer(LogBudget? ofNode = null) => new(1, batches.Add, ofNode ?? new LogBudget(long.MaxValue / 4, time), time);

    [Fact]
    public void Lines_of_a_tenth_of_a_second_travel_together()
    {
        var writer = Writer();

        writer.Write("one");
        time.Advance(LogWriter.Every / 2);
        writer.Write("two");
        Assert.Empty(batches);
        time.Advance(LogWriter.Every / 2);
        writer.Write("three");
        time.Advance(LogWriter.Every);

        Assert.Equal([["one", "two"], ["three"]], batches.Select(batch => batch.Select(line => line.Text)));
        Assert.Equal([1, 2, 3], Sent.Select(line => line.Number));
        Assert.Equal(ManualTime.DefaultStart, batches[0][0].At);
    }

    [Fact]
    public void A_text_of_several_lines_is_several_lines_and_a_line_that_is_too_long_is_cut()
    {
        var writer = Writer();

        writer.Write("one\r\ntwo\n\nfour\n" + new string('x', 3_000));
        writer.Write("");
        writer.Close();

        Assert.Equal(["one", "two", "", "four"], Sent.Take(4).Select(line => line.Text));
        Assert.Equal(JobLogLine.MaxTextLength, Sent.ElementAt(4).Text.Length);
        Assert.EndsWith("…", Sent.ElementAt(4).Text, StringComparison.Ordinal);
        Assert.Equal((6, ""), (Sent.Count(), Sent.Last().Text));
    }

    [Fact]
    public void A_job_that_writes_too_much_loses_lines_and_the_numbers_say_how_many()
    {
        var writer = Writer();
        var line = new string('x', 1_000);

        for (var i = 0; i < 10_000; i++)
        {
            writer.Write(line);
        }

        time.Advance(TimeSpan.FromSeconds(1));
        writer.Write("after");
        writer.Close();

        Assert.InRange(Sent.Sum(one => (long)one.Text.Length), 1, LogWriter.BytesPerSecond + 10);
        Assert.Equal((10_001, "after"), (Sent.Last().Number, Sent.Last().Text));
        Assert.Equal(Sent.Count() - 1, Sent.SkipLast(1).Last().Number);
    }

    [Fact]
    public void In_a_second_a_job_may_write_as_much_again()
    {
        var writer = Writer();
        for (var second = 0; second < 5; second++)
        {
            for (var i = 0; i < 1_000; i++)
            {
                writer.Write(new string('x', 1_000));
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(Sent.Sum(one => (long)one.Text.Length), 4 * LogWriter.BytesPerSecond * 0.9, 5 * LogWriter.BytesPerSecond);
    }

    [Fact]
    public void All_jobs_of_a_node_share_what_it_may_send()
    {
        var ofNode = new LogBudget(1_000, time);
        var (first, second) = (Writer(ofNode), Writer(ofNode));

        first.Write(new string('x', 800));
        second.Write(new string('y', 800));
        first.Close();
        second.Close();

        Assert.Equal('x', Assert.Single(Sent).Text[0]);
    }

    [Fact]
    public void The_newest_lines_are_kept_for_the_attempts_end_even_if_they_were_dropped()
    {
        var writer = Writer(new LogBudget(0, time));
        Assert.Null(writer.Newest);

        for (var i = 1; i <= 200; i++)
        {
            writer.Write($"line {i}");
        }

        writer.Close();
        writer.Write("too late");

        Assert.Empty(Sent);
        Assert.Equal(Enumerable.Range(151, 50).Select(i => $"line {i}"), writer.Newest!.Select(line => line.Text));
    }
}
