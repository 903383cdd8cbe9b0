using System.Net;
using System.Text;
using System.Text.Json;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

/// <summary>Jobs that belong together: graphs, results along their edges, callbacks.</summary>
public sealed class JobGraphTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly RunConfig Total = new RunConfig().WithFinalVars("total");

    private static readonly RunConfig Rows = new RunConfig().WithFinalVars("rows").WithRetry(maxRetries: 0);

    private readonly TestProject test = new();

    public JobGraphTests() => test.Project.RegisterPipeline("digest", typeof(DigestPipeline));

    [Fact]
    public async Task Results_go_along_the_edges_and_a_join_gets_those_of_all_its_parents()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(2);
        var graph = new JobGraph("night");
        var small = graph.Add("small", "sum", Total.WithInput("numbers", new List<object?> { 1L, 2L }));
        var large = graph.Add("large", "sum", Total.WithInput("numbers", new List<object?> { 100L, 200L }));
        graph.Add("both", "digest", new RunConfig().WithFinalVars("difference")).After(small, ("less", "total")).After(large, ("more", "total"));

        var ids = await queue.EnqueueGraphAsync(graph);

        await queue.WaitAsync(ids["both"], Patience);
        Assert.Equal(297, (await queue.ResultAsync(ids["both"]))["difference"].GetDouble());
        Assert.Equal("night.both", ids["both"].Value);
        Assert.Equal(["night"], (await queue.GetQueueStatusAsync(ids["small"])).Tags);
        Assert.Equal(ids.Values.Order(), (await queue.EnqueueGraphAsync(graph)).Values.Order()); // again: the same jobs
        Assert.Equal(3, (await queue.ListAsync()).Jobs.Count);
    }

    [Fact]
    public async Task A_groups_callback_runs_when_all_have_ended_however_they_did()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(2);
        var graph = new JobGraph();
        graph.Add("good", "sum", Total.WithInput("numbers", new List<object?> { 1L }));
        var bad = graph.Add("bad", "broken", Rows);
        graph.WhenAllEnded("report", "digest", new RunConfig().WithFinalVars("words")).AfterAnyEnd(bad, ("status", "@status"), ("error", "@error"));

        var ids = await queue.EnqueueGraphAsync(graph);

        await queue.WaitAsync(ids["report"], Patience);
        Assert.StartsWith("failed: ", (await queue.ResultAsync(ids["report"]))["words"].GetString(), StringComparison.Ordinal);
        Assert.True((await queue.GetQueueStatusAsync(ids["good"])).IsFinished);
    }

    [Fact]
    public async Task The_end_of_a_failed_parent_can_be_an_input()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(2);
        var graph = new JobGraph();
        var bad = graph.Add("bad", "broken", Rows);
        graph.Add("report", "digest", new RunConfig().WithFinalVars("words")).AfterAnyEnd(bad, ("status", "@status"), ("error", "@error"));

        var ids = await queue.EnqueueGraphAsync(graph);

        await queue.WaitAsync(ids["report"], Patience);
        Assert.Equal("failed: Node 'rows' failed: row 7 has no date", (await queue.ResultAsync(ids["report"]))["words"].GetString());
    }

    [Fact]
    public async Task What_a_parents_result_does_not_have_fails_the_job_for_good_and_names_what_it_has()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(1);
        var parent = await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 1L }));

        var child = await queue.EnqueueAsync("digest", new RunConfig().WithFinalVars("difference").WithInput("less", 1L), new EnqueueOptions
        {
            DependsOn = [new JobDependency(parent) { Inputs = new Dictionary<string, string> { ["more"] = "mean" } }],
        });

        var ended = await queue.WaitAsync(child, Patience);
        Assert.Equal((JobStatus.Failed, 1), (ended.Status, ended.Attempts));
        Assert.Contains("has no 'mean', which is an input of this one: it has total.", ended.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_that_wait_for_each_other_are_refused_and_none_is_stored()
    {
        await using var queue = new JobQueueManager(test.Project);
        var graph = new JobGraph("ring");
        var (a, b) = (graph.Add("a", "sum", Total), graph.Add("b", "sum", Total));
        graph.Chain(a, b, a);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueGraphAsync(graph));

        Assert.Contains("wait for each other in a ring", error.Message, StringComparison.Ordinal);
        Assert.Empty((await queue.ListAsync()).Jobs);
    }

    [Fact]
    public async Task A_parent_that_does_not_exist_is_refused_and_named()
    {
        await using var queue = new JobQueueManager(test.Project);

        var error = await Assert.ThrowsAsync<JobNotFoundException>(() => queue.EnqueueAsync("sum", Total, new EnqueueOptions
        {
            DependsOn = [new JobDependency(JobId.Parse("nobody"))],
        }));

        Assert.Contains("nobody", error.Message, StringComparison.Ordinal);
        Assert.Empty((await queue.ListAsync()).Jobs);
    }

    [Fact]
    public async Task A_run_without_workers_runs_the_jobs_that_it_waits_for_as_well()
    {
        await using var queue = new JobQueueManager(test.Project);
        var first = await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 1L }));
        var second = await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 2L }), After(first));
        await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 3L }));

        var result = await queue.RunAsync("sum", Total.WithInput("numbers", new List<object?> { 4L }), After(second), Patience);

        Assert.Equal(4, result["total"].GetDouble());
        Assert.Equal(1, (await queue.OverviewAsync()).Counts[JobStatus.Pending]); // the one that nobody waits for
    }

    [Fact]
    public async Task A_registered_callback_hears_of_the_end_with_its_error()
    {
        var heard = new TaskCompletionSource<PipelineOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        test.Project.RegisterCallback("alert", (outcome, _) =>
        {
            heard.TrySetResult(outcome);
            return Task.CompletedTask;
        });
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(1);

        var id = await queue.EnqueueAsync("broken", Rows.WithCallbacks(onFailure: "alert"));

        var outcome = await heard.Task.WaitAsync(Patience);
        Assert.Equal((id.Value, "failed"), (outcome.JobId, outcome.Status));
        Assert.Contains("row 7 has no date", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_callback_that_nobody_has_registered_fails_where_it_can_be_seen()
    {
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(1);
        var id = await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 1L }).WithCallbacks(onSuccess: "nobody"));
        await queue.WaitAsync(id, Patience);

        var callback = JobCallback.IdOf(id, onSuccess: true, round: 0);
        var ended = await UntilEndedAsync(queue, callback);

        Assert.Equal(JobStatus.Failed, ended.Status);
        Assert.Contains("No callback 'nobody' is registered", ended.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_gets_the_result_and_is_called_again_until_it_answers()
    {
        using var server = new HttpListener();
        var port = FreePort();
        server.Prefixes.Add($"http://127.0.0.1:{port}/done/");
        server.Start();
        await using var queue = new JobQueueManager(test.Project);
        await queue.StartWorkersAsync(1);

        await queue.EnqueueAsync("sum", Total.WithInput("numbers", new List<object?> { 5L }), new EnqueueOptions { OnSuccess = $"webhook:http://127.0.0.1:{port}/done/" });

        await AnswerAsync(server, HttpStatusCode.ServiceUnavailable);
        var body = await AnswerAsync(server, HttpStatusCode.OK);
        Assert.Equal("completed", body.GetProperty("job_status").GetString());
        Assert.Equal(5, body.GetProperty("job_result").GetProperty("total").GetDouble());
    }

    [Theory]
    [InlineData("webhook:ftp://example.org", "is not the address of a webhook")]
    [InlineData("webhook:nonsense", "is not the address of a webhook")]
    [InlineData("what:ever", "is no callback")]
    [InlineData("", "is no callback")]
    public async Task A_callback_that_cannot_work_is_refused_before_the_job_is_stored(string callback, string why)
    {
        await using var queue = new JobQueueManager(test.Project);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => queue.EnqueueAsync("sum", Total, new EnqueueOptions { OnFailure = callback }));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PipelineNotFoundException>(() => queue.EnqueueAsync("sum", Total, new EnqueueOptions { OnFailure = "pipeline:nobody" }));
        Assert.Empty((await queue.ListAsync()).Jobs);
    }

    public void Dispose() => test.Dispose();

    private static EnqueueOptions After(JobId id) => new() { DependsOn = [new JobDependency(id)] };

    private static async Task<JobView> UntilEndedAsync(JobQueueManager queue, JobId id)
    {
        while (true)
        {
            try
            {
                return await queue.WaitAsync(id, Patience);
            }
            catch (JobNotFoundException)
            {
                await Task.Yield(); // it is made after its job has ended
            }
        }
    }

    private static async Task<JsonElement> AnswerAsync(HttpListener server, HttpStatusCode status)
    {
        var call = await server.GetContextAsync().WaitAsync(Patience);
        using var reader = new StreamReader(call.Request.InputStream, Encoding.UTF8);
        using var body = JsonDocument.Parse(await reader.ReadToEndAsync());
        call.Response.StatusCode = (int)status;
        call.Response.Close();
        return body.RootElement.Clone();
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>Says something of what others came to.</summary>
public static class DigestPipeline
{
    public static double Difference(double less, double more) => more - less;

    public static string Words(string status, string error) => $"{status}: {error}";
}
