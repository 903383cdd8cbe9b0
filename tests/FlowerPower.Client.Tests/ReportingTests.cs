using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Client.Tests;

public sealed class ReportingTests
{
    private static readonly JobSpec Spec = new() { Id = JobId.Parse("job"), Pipeline = "sum" };

    [Fact]
    public async Task A_listener_that_throws_changes_no_outcome()
    {
        var reports = new List<AttemptReport>();

        var result = await Reporting(() => "{}"u8.ToArray()).RunAsync(Spec, new AttemptNumber(1, 1), _ => { }, default);
        var error = await Assert.ThrowsAsync<InvalidDataException>(
            () => Reporting(() => throw new InvalidDataException("bad")).RunAsync(Spec, new AttemptNumber(2, 1), _ => { }, default));

        Assert.Equal("{}"u8.ToArray(), result.ToArray());
        Assert.Equal([null, error], reports.Select(report => report.Error));

        ReportingExecutor Reporting(Func<byte[]> run) => new(
            new Scripted(run),
            report =>
            {
                reports.Add(report);
                throw new IOException("The pipe is closed.");
            },
            TimeProvider.System);
    }

    private sealed class Scripted(Func<byte[]> run) : IJobExecutor
    {
        public async Task<ReadOnlyMemory<byte>> RunAsync(
            JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return run();
        }
    }
}
