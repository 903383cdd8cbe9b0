using System.Text.Json;

namespace FlowerPower.Pipelines.Tests.Running;

public sealed class JobContextTests : IDisposable
{
    private readonly ProjectFolder folder = new();
    private readonly HandMovedClock clock = new();

    public JobContextTests()
    {
        folder.Project.Clock = clock;
        folder.Project.RegisterPipeline("talking", typeof(Talking));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_job_is_no_input_of_the_graph()
    {
        var graph = Given.Graph(typeof(Talking));

        Assert.DoesNotContain("job", graph.Inputs.Select(input => input.Name));
        Assert.Empty(graph.Nodes.Single(node => node.Name == "said").Dependencies);
    }

    [Fact]
    public async Task What_a_function_logs_and_reports_is_heard_by_whoever_watches_the_run()
    {
        var diary = new Talk();

        await Given.Run(Given.Graph(typeof(Talking)).Plan(["said"], Given.Values()), new GraphRunOptions { Observer = diary });

        Assert.Equal(["log hello", "report 0.5 half", "report 1 ", "report 0 "], diary.Lines);
    }

    [Fact]
    public async Task A_context_that_is_given_is_what_the_functions_get()
    {
        var job = new InProcessJobContext();
        job.BeginNext();

        var values = await Given.Run(Given.Graph(typeof(Talking)).Plan(["attempt"], Given.Values()), new GraphRunOptions { Job = job });

        Assert.Equal("2 of no job", values["attempt"]);
    }

    [Fact]
    public async Task A_checkpoint_is_there_for_the_retry_in_the_same_process()
    {
        var run = folder.RunAsync("talking", new RunConfig().WithFinalVars("pages").WithRetry(maxRetries: 3, retryDelay: 10, jitterFactor: 0));
        await clock.EndNextWaitAsync();
        await clock.EndNextWaitAsync();

        Assert.Equal(3, (await run)["pages"]);
    }

    [Fact]
    public async Task A_snooze_is_a_wait_and_uses_up_no_retry()
    {
        var run = folder.RunAsync("talking", new RunConfig().WithFinalVars("patient").WithRetry(maxRetries: 0));

        Assert.Equal(TimeSpan.FromMinutes(5), await clock.EndNextWaitAsync());
        Assert.Equal(TimeSpan.FromMinutes(5), await clock.EndNextWaitAsync());

        Assert.Equal(3, (await run)["patient"]);
        Assert.Equal("warned patient: It snoozes, so the run waits 300 s and begins anew.", folder.Observer.Warnings[0]);
    }

    [Fact]
    public async Task A_compiled_pipeline_takes_its_job_without_a_using_directive()
    {
        folder.WritePipeline("compiled", "public static int Read(JobContext job) { job.Log(\"reading\"); return job.Attempt; }");

        Assert.Equal(1, (await folder.RunAsync("compiled", new RunConfig().WithFinalVars("read")))["read"]);
    }

    [Fact]
    public async Task Of_a_checkpoint_that_is_no_such_thing_the_function_hears()
    {
        var job = new InProcessJobContext();
        Assert.Null(job.Checkpoint<Place>());
        Assert.Equal(0, job.Checkpoint<int>());

        await job.SaveCheckpointAsync(new Place(7, "north"));

        Assert.Equal(new Place(7, "north"), job.Checkpoint<Place>());
        Assert.Equal(7, job.Checkpoint<JsonElement>().GetProperty("Page").GetInt32());
        Assert.Throws<JsonException>(() => job.Checkpoint<int>());
    }

    [Fact]
    public void A_checkpoint_that_no_queue_would_take_is_refused_here_too()
    {
        var error = Assert.Throws<ArgumentException>(() => new InProcessJobContext().SaveCheckpoint(new string('x', 1024 * 1024)));

        Assert.StartsWith("The job's checkpoint has 1,048,578 bytes of JSON, more than 1,048,576", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Nobody_snoozes_for_no_time(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new InProcessJobContext().Snooze(TimeSpan.FromSeconds(seconds)));

    private sealed record Place(int Page, string Region);

    public static class Talking
    {
        public static int Said(JobContext job)
        {
            job.Log("hello");
            job.Report(0.5, "half");
            job.Report(7);
            job.Report(double.NaN);
            return 1;
        }

        public static string Attempt(JobContext job) => $"{job.Attempt} of {job.JobId ?? "no job"}";

        public static int Pages(JobContext job)
        {
            var page = job.Checkpoint<int>() + 1;
            job.SaveCheckpoint(page);
            return page == 3 ? page : throw new IOException($"page {page} is not there");
        }

        public static int Patient(JobContext job)
        {
            if (job.Attempt < 3)
            {
                job.Snooze(TimeSpan.FromMinutes(5));
            }

            return job.Attempt;
        }
    }

    private sealed class Talk : IPipelineObserver
    {
        public List<string> Lines { get; } = [];

        public void Started(int total)
        {
        }

        public void NodeStarted(string node)
        {
        }

        public void NodeFinished(string node, TimeSpan took)
        {
        }

        public void Warned(string node, string message) => Lines.Add($"warned {message}");

        public void Logged(string line) => Lines.Add($"log {line}");

        public void Reported(double fraction, string? text) => Lines.Add(FormattableString.Invariant($"report {fraction} {text}"));
    }
}
