using System.Globalization;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>Runs while no other test does: what is measured is the memory of the whole process.</summary>
[CollectionDefinition(nameof(WaitingLineMemoryTests), DisableParallelization = true)]
[Collection(nameof(WaitingLineMemoryTests))]
public sealed class WaitingLineMemoryTests
{
    private const int Jobs = 200_000;

    [Fact]
    public void A_long_line_costs_less_than_300_bytes_a_job_and_nothing_once_it_is_empty()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var line = new WaitingLine();
        Fill(line);
        var full = GC.GetTotalMemory(forceFullCollection: true) - before;

        while (line.Take(null, T0 + TimeSpan.FromDays(1)) is not null)
        {
        }

        var empty = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(line);
        Assert.InRange(full / (double)Jobs, 100, 300); // less than an id's text would mean that nothing was measured
        Assert.InRange(empty, long.MinValue, 1_000_000);
    }

    [Fact]
    public void Offering_and_withdrawing_for_ever_leaves_nothing_behind()
    {
        var line = new WaitingLine();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        line.Offer(new WaitingJob(JobId.Parse("stays"), "default", JobPriority.Low, T0, T0));
        for (var i = 0; i < Jobs; i++)
        {
            var id = JobId.Parse(i.ToString("D26", CultureInfo.InvariantCulture));
            line.Offer(new WaitingJob(id, $"queue-{i}", JobPriority.Medium, T0, i % 2 == 0 ? T0 : T0 + Minute));
            Assert.True(line.Withdraw(id));
        }

        var left = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(1, line.Count);
        Assert.InRange(left, long.MinValue, 1_000_000);
    }

    private static void Fill(WaitingLine line)
    {
        for (var i = 0; i < Jobs; i++)
        {
            var id = JobId.Parse(i.ToString("D26", CultureInfo.InvariantCulture)); // as long as a random id, and a text of its own
            line.Offer(new WaitingJob(id, "default", (JobPriority)((i % 3) + 1), T0 + TimeSpan.FromTicks(i * 7919L % Jobs), T0 + (i % 2 * Minute)));
        }
    }
}
