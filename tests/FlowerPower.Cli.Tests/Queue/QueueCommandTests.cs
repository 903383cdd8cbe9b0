using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

public sealed class QueueCommandTests
{
    [Fact]
    public async Task A_job_runs_in_this_process_if_nobody_else_serves_the_project()
    {
        using var project = new TempProject().WithHello();

        var said = (await Tool.RunAsync(project, "queue", "run", "hello", "--id", "first", "--inputs", "name=Bob")).AssertDone();

        Assert.Equal("greeting         Hello, Bob!\ngreeting_length  11\n", said.Out);
        Assert.StartsWith("enqueued hello as job first\n", said.Error, StringComparison.Ordinal);
        Assert.EndsWith("job first: completed\n", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_worker_a_job_is_stored_and_the_id_is_all_that_is_printed()
    {
        using var project = new TempProject().WithHello();

        var said = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "stored")).AssertDone();

        Assert.Equal("stored\n", said.Out);
        Assert.Contains("flowerpower queue worker start", said.Error, StringComparison.Ordinal);
        Assert.Equal("pending", (await Tool.RunAsync(project, "queue", "status", "stored", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_job_as_JSON_has_every_field_and_null_for_what_there_is_not()
    {
        using var project = new TempProject().WithHello();

        var job = (await Tool.RunAsync(
            project, "queue", "enqueue", "hello", "--id", "full", "--priority", "HIGH", "--queue", "reports", "--run-in", "1h", "--tag", "a", "--tag", "b",
            "--meta", "owner=Ada", "--description", "for Ada", "--max-retries", "5", "--output", "json")).AssertDone().Json;

        Assert.Equal(
            ["id", "pipeline", "project", "queue", "priority", "status", "enqueuedAt", "dueAt", "startedAt", "finishedAt", "keptUntil", "attempts", "maxAttempts", "attemptsThisRound",
                "worker", "progress", "error", "description", "tags", "metadata", "dependsOn", "waitsFor", "history", "created", "node", "workerSlots"],
            job.EnumerateObject().Select(member => member.Name));
        Assert.Equal("full", job.GetProperty("id").GetString());
        Assert.Equal("shop", job.GetProperty("project").GetString());
        Assert.Equal("reports", job.GetProperty("queue").GetString());
        Assert.Equal("high", job.GetProperty("priority").GetString());
        Assert.Equal("scheduled", job.GetProperty("status").GetString());
        Assert.InRange(
            job.GetProperty("dueAt").GetDateTimeOffset() - job.GetProperty("enqueuedAt").GetDateTimeOffset(),
            TimeSpan.FromMinutes(58),
            TimeSpan.FromMinutes(60));
        Assert.Equal(6, job.GetProperty("maxAttempts").GetInt32());
        Assert.Equal(["a", "b"], job.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal("Ada", job.GetProperty("metadata").GetProperty("owner").GetString());
        Assert.Equal("for Ada", job.GetProperty("description").GetString());
        Assert.True(job.GetProperty("created").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, job.GetProperty("startedAt").ValueKind);
    }

    [Fact]
    public async Task Enqueueing_an_id_again_adds_nothing()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "once");

        var said = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "once", "--inputs", "name=Bob")).AssertDone();

        Assert.Contains("job once existed already, and is unchanged", said.Error, StringComparison.Ordinal);
        Assert.Contains("another run configuration, such as other inputs: that one counts", Assert.Single(said.Problems), StringComparison.Ordinal);
        var listed = Assert.Single((await Tool.RunAsync(project, "queue", "list", "--output", "json")).AssertDone().Json.GetProperty("jobs").EnumerateArray());
        Assert.False(listed.TryGetProperty("history", out _), "a list has no histories, and an empty one would be a lie");
    }

    [Fact]
    public async Task A_repetition_of_the_very_same_job_is_no_reason_to_warn()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "once", "--inputs", "name=Zoë");

        var said = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "once", "--inputs", "name=Zoë")).AssertDone();

        Assert.Empty(said.Problems);
    }

    [Theory]
    [InlineData("enqueue")]
    [InlineData("run")]
    public async Task An_id_of_another_pipelines_job_is_refused_and_both_pipelines_are_named(string command)
    {
        using var project = new TempProject().WithHello().WithFailing();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "mine")).AssertDone();

        var problem = (await Tool.RunAsync(project, "queue", command, "broken", "--id", "mine")).AssertFailed();

        Assert.Equal(
            "Pipeline 'broken' cannot have a job mine, because that is a job of pipeline 'hello' already, and is unchanged: give another id, or none for a new one.",
            problem);
        var kept = (await Tool.RunAsync(project, "queue", "status", "id=mine", "--output", "json")).AssertDone().Json;
        Assert.Equal("hello", kept.GetProperty("pipeline").GetString());
        Assert.Equal("pending", kept.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_pipelines_name_means_its_newest_job_and_lists_those_before()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "run", "hello", "--id", "old", "--inputs", "name=Ada");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "new");

        var status = (await Tool.RunAsync(project, "queue", "status", "hello", "--output", "json")).AssertDone().Json;
        var text = (await Tool.RunAsync(project, "queue", "status", "hello")).AssertDone().Out;
        var result = (await Tool.RunAsync(project, "queue", "result", "hello", "--output", "json")).AssertDone().Json;

        Assert.Equal("new", status.GetProperty("id").GetString());
        Assert.Equal("old", Assert.Single(status.GetProperty("recent").EnumerateArray()).GetProperty("id").GetString());
        Assert.Contains("status    pending", text, StringComparison.Ordinal);
        Assert.Contains("Before it:", text, StringComparison.Ordinal);
        Assert.Equal("Hello, Ada!", result.GetProperty("greeting").GetString());
    }

    [Fact]
    public async Task With_id_a_name_is_an_id_even_if_a_pipeline_has_it()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "hello");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "other");

        Assert.Equal("hello", await IdOf("id=hello"));
        Assert.Equal("other", await IdOf("hello"));
        Assert.Equal("other", await IdOf("other"));

        async Task<string?> IdOf(string target) =>
            (await Tool.RunAsync(project, "queue", "status", target, "--output", "json")).AssertDone().Json.GetProperty("id").GetString();
    }

    [Fact]
    public async Task A_job_that_does_not_exist_is_named_with_the_remedy()
    {
        using var project = new TempProject().WithHello();

        Assert.Contains("There is no job nope", (await Tool.RunAsync(project, "queue", "status", "id=nope")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("neither a job nor a pipeline 'helo'", (await Tool.RunAsync(project, "queue", "result", "helo")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("Did you mean the pipeline hello?", (await Tool.RunAsync(project, "queue", "result", "helo")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("\nList the jobs that there are: flowerpower queue list\n", (await Tool.RunAsync(project, "queue", "cancel", "nope")).Error, StringComparison.Ordinal);
        Assert.Contains("There is no job nope", (await Tool.RunAsync(project, "queue", "retry", "nope")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("can be neither a job id nor a pipeline", (await Tool.RunAsync(project, "queue", "status", "a b")).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.Contains("Pipeline 'hello' has no completed job", (await Tool.RunAsync(project, "queue", "result", "hello")).AssertFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_job_fails_the_command_with_its_error_and_keeps_its_history()
    {
        using var project = new TempProject().WithFailing();

        var run = await Tool.RunAsync(project, "queue", "run", "broken", "--id", "b1");
        var result = await Tool.RunAsync(project, "queue", "result", "b1");
        var verbose = await Tool.RunAsync(project, "queue", "result", "b1", "--verbose");
        var status = (await Tool.RunAsync(project, "queue", "status", "b1", "--output", "json")).AssertDone().Json;

        Assert.Equal("Job b1 (broken) failed after 1 attempt: InvalidOperationException: Node 'answer' failed: nobody knows why.", run.AssertFailed());
        Assert.Equal(run.AssertFailed(), result.AssertFailed());
        Assert.Contains("broken.cs:line 3", verbose.Error, StringComparison.Ordinal);
        Assert.Equal("InvalidOperationException", status.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("failed", status.GetProperty("history").EnumerateArray().Last().GetProperty("status").GetString());
    }

    [Fact]
    public async Task Attempts_are_counted_against_the_budget_of_their_round_and_in_all_apart()
    {
        using var project = new TempProject().WithFailing();
        await Tool.RunAsync(project, "queue", "run", "broken", "--id", "b1", "--max-retries", "1", "--retry-delay", "0.001");
        await Tool.RunAsync(project, "queue", "retry", "b1");

        var worker = (await Tool.RunAsync(project, "queue", "worker", "start", "--burst")).Out;
        var text = (await Tool.RunAsync(project, "queue", "status", "b1")).AssertDone().Out;
        var json = (await Tool.RunAsync(project, "queue", "status", "b1", "--output", "json")).AssertDone().Json;
        var result = (await Tool.RunAsync(project, "queue", "result", "b1")).AssertFailed();

        Assert.Contains(", attempt 1 of 2, 3 in all: ", worker, StringComparison.Ordinal);
        Assert.Contains(", attempt 2 of 2, 4 in all: ", worker, StringComparison.Ordinal);
        Assert.Contains("attempts  2 of 2, 4 in all", text, StringComparison.Ordinal);
        Assert.Equal(
            (4, 2, 2),
            (json.GetProperty("attempts").GetInt32(), json.GetProperty("maxAttempts").GetInt32(), json.GetProperty("attemptsThisRound").GetInt32()));
        Assert.Contains("failed after 2 attempts (4 in all): ", result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_job_can_be_retried_and_an_ended_one_cannot_be_cancelled()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "c1");

        Assert.Contains("is cancelled", (await Tool.RunAsync(project, "queue", "cancel", "c1", "--reason", "wrong input")).AssertDone().Out, StringComparison.Ordinal);
        Assert.Equal("Job c1 (hello) was cancelled.", (await Tool.RunAsync(project, "queue", "result", "c1")).AssertFailed());
        Assert.Contains("is pending again", (await Tool.RunAsync(project, "queue", "retry", "c1")).AssertDone().Out, StringComparison.Ordinal);
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst")).AssertDone();
        Assert.Contains("nothing to cancel", (await Tool.RunAsync(project, "queue", "cancel", "c1")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("only a failed or cancelled job", (await Tool.RunAsync(project, "queue", "retry", "c1")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("wrong input", (await Tool.RunAsync(project, "queue", "status", "c1")).AssertDone().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_what_nobody_will_run_is_refused_rather_than_endless()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "w1");

        Assert.Contains("queue worker start", (await Tool.RunAsync(project, "queue", "result", "w1", "--wait")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("queue worker start", (await Tool.RunAsync(project, "queue", "watch", "w1")).AssertFailed(), StringComparison.Ordinal);
        Assert.Contains("it has no result yet. Wait for it with --wait.", (await Tool.RunAsync(project, "queue", "result", "w1")).AssertFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_are_filtered_and_paged()
    {
        using var project = new TempProject().WithHello().WithFailing();
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h1");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "h2", "--queue", "reports");
        await Tool.RunAsync(project, "queue", "enqueue", "broken", "--id", "b1");

        Assert.Equal(["b1", "h2", "h1"], await IdsAsync());
        Assert.Equal(["h2", "h1"], await IdsAsync("--pipeline", "hello"));
        Assert.Equal(["h2"], await IdsAsync("--queue", "reports"));
        Assert.Equal(["b1", "h2", "h1"], await IdsAsync("--status", "pending"));
        Assert.Empty(await IdsAsync("--status", "failed"));

        var first = (await Tool.RunAsync(project, "queue", "list", "--limit", "2", "--output", "json")).AssertDone().Json;
        Assert.Equal(["h1"], await IdsAsync("--limit", "2", "--after", first.GetProperty("next").GetString()!));
        Assert.Contains("--after '", (await Tool.RunAsync(project, "queue", "list", "--limit", "2")).AssertDone().Out, StringComparison.Ordinal);
        Assert.StartsWith("--after cannot be used", (await Tool.RunAsync(project, "queue", "list", "--after", "rubbish")).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);

        async Task<IEnumerable<string?>> IdsAsync(params string[] options) =>
            [.. (await Tool.RunAsync(project, ["queue", "list", "--output", "json", .. options])).AssertDone().Json
                .GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString())];
    }

    [Fact]
    public async Task On_a_terminal_a_list_is_coloured_and_in_a_pipe_it_is_not()
    {
        using var project = new TempProject().WithFailing();
        await Tool.RunAsync(project, "queue", "run", "broken", "--id", "b1");

        var seen = (await Tool.RunOn(new FakeConsole { Folder = project.Root, IsTerminal = true }, "queue", "list")).AssertDone().Out;
        var piped = (await Tool.RunAsync(project, "queue", "list")).AssertDone().Out;

        Assert.Contains("\u001b[", seen, StringComparison.Ordinal);
        Assert.Contains("b1", seen, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', piped);
        Assert.Contains("b1  broken    failed", piped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_numbers_name_every_status()
    {
        using var project = new TempProject().WithHello();
        await Tool.RunAsync(project, "queue", "enqueue", "hello");
        await Tool.RunAsync(project, "queue", "enqueue", "hello", "--run-in", "1h");

        var numbers = (await Tool.RunAsync(project, "queue", "metrics", "--output", "json")).AssertDone().Json;
        var text = (await Tool.RunAsync(project, "queue", "status")).AssertDone().Out;

        Assert.Equal(["project", "node", "asOf", "counts", "workerSlots", "busySlots", "queues", "missing"], numbers.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            ["scheduled 1", "pending 1", "running 0", "retrying 0", "completed 0", "failed 0", "cancelled 0", "deferred 0"],
            numbers.GetProperty("counts").EnumerateObject().Select(count => $"{count.Name} {count.Value}"));
        Assert.Contains("served by nobody now", text, StringComparison.Ordinal);
        Assert.Contains("pending       1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_none_is_refused_with_the_remedy_and_left_alone()
    {
        using var project = new TempProject().WithHello().Write(".flowerpower/jobs.db", "these are not the jobs that you look for, and many more words of that kind");
        var before = File.ReadAllBytes(project.Database);

        foreach (var command in new[] { "queue list", "queue status", "queue run hello", "queue enqueue hello", "queue worker start" })
        {
            Assert.Contains("jobs.db", (await Tool.RunAsync(project, command.Split(' '))).AssertFailed(), StringComparison.Ordinal);
        }

        Assert.Equal(before, File.ReadAllBytes(project.Database));
    }

    [Fact]
    public async Task Interrupting_a_run_leaves_the_job_and_says_how_to_go_on()
    {
        using var project = new TempProject().WithGated();
        using var gate = new Gate();
        var console = new FakeConsole { Folder = project.Root };
        var running = Tool.RunOn(console, "queue", "run", "gated", "--id", "g1", "--inputs", $"gate={gate.Path}");
        using var visitor = await gate.ArrivalAsync();

        console.Interrupts.Raise();
        var said = await running;

        Assert.Contains("interrupted: job g1 is stored", said.AssertFailed(ExitCodes.Interrupted), StringComparison.Ordinal);
        await visitor.GoneAsync();
        var job = (await Tool.RunAsync(project, "queue", "status", "g1", "--output", "json")).AssertDone().Json;
        Assert.Equal("pending", job.GetProperty("status").GetString());
    }
}
