using FlowerPower.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Client.Tests;

public sealed class ReportingExecutorTests
{
    private static readonly JobSpec Spec = new() { Id = JobId.Parse("one"), Pipeline = "p" };

    private readonly List<string> warnings = [];

    [Fact]
    public async Task A_report_that_throws_does_not_make_a_success_a_failure()
    {
        var told = new List<AttemptReport>();
        var executor = Reporting(_ => Task.FromResult<ReadOnlyMemory<byte>>("{}"u8.ToArray()), told, warnings.Add);

        var result = await executor.RunAsync(Spec, new AttemptNumber(1, 1), _ => { }, default);

        Assert.Equal("{}"u8.ToArray(), result.ToArray());
        Assert.Null(Assert.Single(told).Error);
        Assert.Contains("No space left on device", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_throws_does_not_hide_why_an_attempt_failed()
    {
        var told = new List<AttemptReport>();
        var executor = Reporting(_ => throw new InvalidDataException("bad data"), told, warnings.Add);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => executor.RunAsync(Spec, new AttemptNumber(1, 1), _ => { }, default));

        Assert.Equal("bad data", error.Message);
        Assert.Same(error, Assert.Single(told).Error);
        Assert.Single(warnings);
    }

    [Fact]
    public async Task A_warning_that_throws_as_well_harms_no_attempt()
    {
        var executor = Reporting(
            _ => Task.FromResult<ReadOnlyMemory<byte>>("{}"u8.ToArray()), [], _ => throw new IOException("No space left on device"));

        Assert.Equal("{}"u8.ToArray(), (await executor.RunAsync(Spec, new AttemptNumber(1, 1), _ => { }, default)).ToArray());
    }

    private static ReportingExecutor Reporting(
        Func<JobSpec, Task<ReadOnlyMemory<byte>>> run, List<AttemptReport> told, Action<string> warn) =>
        new(
            new Scripted(run),
            report =>
            {
                told.Add(report);
                throw new IOException("No space left on device");
            },
            warn,
            TimeProvider.System);

    private sealed class Scripted(Func<JobSpec, Task<ReadOnlyMemory<byte>>> run) : IJobExecutor
    {
        public Task<ReadOnlyMemory<byte>> RunAsync(
            JobSpec spec, AttemptNumber attempt, Action<JobProgress> progress, CancellationToken cancellationToken) => run(spec);
    }
}
