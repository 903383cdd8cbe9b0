using FlowerPower.Pipelines.Running;

namespace FlowerPower.Pipelines.Tests.Running;

public sealed class RetryTests : IDisposable
{
    private readonly ProjectFolder folder = new();
    private readonly HandMovedClock clock = new();

    public RetryTests()
    {
        folder.Project.Clock = clock;
        folder.Project.Chance = () => 0.5;
        folder.Project.RegisterPipeline("flaky", typeof(Flaky));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_failed_run_is_repeated_after_waits_that_double_and_jitter_adds_to()
    {
        var service = new Service(failures: 3, new IOException("no answer"));
        var run = folder.RunAsync("flaky", Call(service).WithRetry(maxRetries: 3, retryDelay: 10, jitterFactor: 0.2));

        Assert.Equal(TimeSpan.FromSeconds(11), await clock.EndNextWaitAsync());
        Assert.Equal(TimeSpan.FromSeconds(22), await clock.EndNextWaitAsync());
        Assert.Equal(TimeSpan.FromSeconds(44), await clock.EndNextWaitAsync());

        Assert.Equal("answer", (await run)["answer"]);
        Assert.Equal(4, service.Calls);
        Assert.Equal("warned answer: Node 'answer' failed: no answer Retry 1 of 3 in 11 s.", folder.Observer.Warnings[0]);
    }

    [Fact]
    public async Task After_the_last_retry_the_failure_comes_through_with_the_authors_exception_inside()
    {
        var service = new Service(failures: 9, new IOException("no answer"));
        var run = folder.RunAsync("flaky", Call(service).WithRetry(maxRetries: 1, retryDelay: 10));
        await clock.EndNextWaitAsync();

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => run);

        Assert.Same(service.Error, error.InnerException);
        Assert.Equal(2, service.Calls);
    }

    [Fact]
    public async Task An_exception_that_is_not_named_is_not_repeated()
    {
        var service = new Service(failures: 1, new FormatException("not a number"));

        await Assert.ThrowsAsync<NodeFailedException>(
            () => folder.RunAsync("flaky", Call(service).WithRetry(maxRetries: 3, retryExceptions: ["IOException"])));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task One_attempt_alone_is_never_repeated()
    {
        var service = new Service(failures: 1, new IOException("no answer"));
        var resolved = folder.Project.Resolve("flaky", Call(service).WithRetry(maxRetries: 3));

        await Assert.ThrowsAsync<NodeFailedException>(() => folder.Project.RunOnceAsync("flaky", resolved, null, CancellationToken.None));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_before_a_retry()
    {
        using var cancel = new CancellationTokenSource();
        var service = new Service(failures: 1, new IOException("no answer"));
        service.Failed = cancel.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => folder.RunAsync("flaky", Call(service).WithRetry(retryDelay: 10), cancel.Token));

        Assert.Equal(1, service.Calls);
    }

    [Fact]
    public async Task A_run_that_cannot_work_is_not_repeated()
    {
        var error = await Assert.ThrowsAsync<GraphException>(() => folder.RunAsync("flaky", new RunConfig().WithFinalVars("answer")));

        Assert.Contains("Input 'service' is missing", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Exception", true)]
    [InlineData("IOException", true)] // its base class
    [InlineData("System.IO.FileNotFoundException", true)]
    [InlineData("FileNotFoundError", true)] // Python's name
    [InlineData("builtins.OSError", true)]
    [InlineData("TimeoutException", false)]
    [InlineData("filenotfoundexception", false)]
    [InlineData("NoSuchThing", false)]
    public void A_name_means_a_type_and_what_derives_from_it(string name, bool retried)
    {
        var retry = new InProcessRetry(new RetryConfig { RetryExceptions = [name] });

        Assert.Equal(retried, retry.Wants(new FileNotFoundException(), failedBefore: 0));
    }

    [Theory]
    [InlineData(1, 0.1, 0, 0.0, 1)]
    [InlineData(1, 0.1, 2, 0.0, 4)]
    [InlineData(2, 0.5, 1, 0.5, 5)]
    [InlineData(0, 0.1, 2000, 0.9, 0)]
    [InlineData(1, 0.1, 2000, 0.9, 30 * 24 * 3600)]
    public void The_wait_is_FlowerPowers_formula_up_to_thirty_days(double delay, double jitterFactor, int k, double jitter, double seconds)
    {
        var retry = new InProcessRetry(new RetryConfig { RetryDelay = delay, JitterFactor = jitterFactor });

        Assert.Equal(TimeSpan.FromSeconds(seconds), retry.DelayBefore(k, jitter));
    }

    private static RunConfig Call(Service service) => new RunConfig().WithFinalVars("answer").WithInput("service", service);

    public sealed class Service(int failures, Exception error)
    {
        public int Calls { get; private set; }

        public Exception Error => error;

        public Action? Failed { get; set; }

        public string Ask()
        {
            if (++Calls > failures)
            {
                return "answer";
            }

            Failed?.Invoke();
            throw error;
        }
    }

    internal static class Flaky
    {
        public static string Answer(Service service) => service.Ask();
    }
}
