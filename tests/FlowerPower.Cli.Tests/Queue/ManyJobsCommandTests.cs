using System.Text.Json;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary><c>enqueue-many</c>, <c>--all</c>, <c>delete</c>, <c>keep</c>, and lists by tag and time.</summary>
public sealed class ManyJobsCommandTests
{
    [Fact]
    public async Task Each_line_of_a_file_becomes_a_job_and_its_id_a_line()
    {
        using var project = new TempProject().WithHello();
        project.Write("jobs.jsonl", """
            {"pipeline": "hello", "id": "one", "inputs": {"name": "Zoë"}, "queue": "reports", "priority": "High", "tags": ["eu"], "metadata": {"owner": "ada"}}

            {"pipeline": "hello", "id": "two", "runIn": "2h30m", "expiresIn": "4h", "timeout": "5m", "keep": "30d", "keepFailed": "forever", "maxRetries": 7, "retryDelay": "2s"}
            {"pipeline": "hello", "runAt": "2026-01-01T00:00:00Z", "description": null}
            """);

        var said = (await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl")).AssertDone();
        var ids = said.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(["one", "two"], ids[..2]);
        Assert.Equal("enqueued 3 jobs\n", said.Error);

        var one = await StatusAsync(project, "one");
        Assert.Equal(("reports", "high", "pending"), (Text(one, "queue"), Text(one, "priority"), Text(one, "status")));
        Assert.Equal("ada", Text(one.GetProperty("metadata"), "owner"));
        var two = await StatusAsync(project, "two");
        Assert.Equal(("scheduled", 8), (Text(two, "status"), two.GetProperty("maxAttempts").GetInt32()));
        Assert.Equal("pending", Text(await StatusAsync(project, ids[2]), "status"));
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--count", "1")).AssertDone();
        Assert.Equal("Hello, Zoë!", Text((await Tool.RunAsync(project, "queue", "result", "one", "--output", "json")).AssertDone().Json, "greeting"));
    }

    [Fact]
    public async Task Lines_come_through_a_pipe_too_and_receipts_as_JSON()
    {
        using var project = new TempProject().WithHello();
        var console = new FakeConsole { Folder = project.Root, In = "{\"pipeline\":\"hello\",\"id\":\"a\"}\n{\"pipeline\":\"hello\",\"id\":\"a\"}\n" };

        var json = (await Tool.RunOn(console, "queue", "enqueue-many", "-", "--output", "json")).AssertDone().Json;

        Assert.Equal([true, false], json.GetProperty("receipts").EnumerateArray().Select(receipt => receipt.GetProperty("created").GetBoolean()).OrderDescending());
        Assert.Equal([1, 2], json.GetProperty("receipts").EnumerateArray().Select(receipt => receipt.GetProperty("line").GetInt32()));
        Assert.Equal((1, 1, 0), (json.GetProperty("enqueued").GetInt32(), json.GetProperty("existed").GetInt32(), json.GetProperty("refused").GetInt32()));
    }

    [Theory]
    [InlineData("{\"pipeline\": \"hello\"", "is not JSON")]
    [InlineData("[1]", "no object")]
    [InlineData("{\"pipeline\": \"hello\", \"prority\": \"high\"}", "did you mean priority?")]
    [InlineData("{\"pipeline\": \"hello\", \"priority\": \"urgent\"}", "must be high, medium or low, not 'urgent'")]
    [InlineData("{\"pipeline\": \"hello\", \"timeout\": 5}", "'timeout' that must be a text, not 5")]
    [InlineData("{\"pipeline\": \"hello\", \"timeout\": \"5 parsecs\"}", "'5 parsecs' is not a length of time")]
    [InlineData("{\"pipeline\": \"hello\", \"id\": \"-x\"}", "'-x' is not a job id")]
    [InlineData("{\"pipeline\": \"hello\", \"tags\": [\"eu\", 1]}", "'tags' that must be a list of texts")]
    [InlineData("{\"pipeline\": \"hello\", \"runIn\": \"1h\", \"runAt\": \"2026-01-01T00:00:00Z\"}", "give one of them")]
    [InlineData("{\"pipeline\": \"hello\", \"runIn\": \"1h\", \"expiresIn\": \"1h\"}", "would expire unstarted")]
    [InlineData("{\"id\": \"x\"}", "has no 'pipeline'")]
    [InlineData("{\"pipeline\": \"hello\", \"id\": \"x\", \"uniqueKey\": \"k\"}", "cannot go together")]
    [InlineData("{\"pipeline\": \"hello\", \"onConflict\": \"error\"}", "give it as well")]
    [InlineData("{\"pipeline\": \"hello\", \"after\": [\"-x\"]}", "'-x' is not a job id")]
    public async Task A_line_that_cannot_be_read_is_named_and_nothing_is_stored(string line, string words)
    {
        using var project = new TempProject().WithHello();
        project.Write("jobs.jsonl", $"{{\"pipeline\": \"hello\"}}\n{line}\n");

        var error = (await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl")).AssertFailed(ExitCodes.Usage);

        Assert.StartsWith("Line 2 of jobs.jsonl ", error, StringComparison.Ordinal);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was stored.", error, StringComparison.Ordinal);
        Assert.Empty(await IdsAsync(project));
    }

    [Theory]
    [InlineData("{\"pipeline\": \"helo\"}", "Did you mean hello?")]
    [InlineData("{\"pipeline\": \"hello\", \"finalVars\": [\"greting\"]}", "greting")]
    public async Task A_run_that_cannot_work_is_named_by_its_line_and_nothing_is_stored(string line, string words)
    {
        using var project = new TempProject().WithHello();
        project.Write("jobs.jsonl", $"{{\"pipeline\": \"hello\"}}\n{line}\n");

        var error = (await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl")).AssertFailed();

        Assert.StartsWith("Line 2 cannot be run, and nothing was stored: ", error, StringComparison.Ordinal);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Empty(await IdsAsync(project));
    }

    [Fact]
    public async Task Lines_may_depend_on_each_other_in_any_order_and_have_unique_keys()
    {
        using var project = new TempProject().WithHello();
        project.Write("jobs.jsonl", """
            {"pipeline": "hello", "id": "last", "after": ["first"], "inputFrom": {"name": "first:greeting"}}
            {"pipeline": "hello", "id": "first"}
            {"pipeline": "hello", "uniqueKey": "import", "uniqueFor": "1h", "onConflict": "error"}
            {"pipeline": "hello", "uniqueKey": "import", "onConflict": "error"}
            """);

        var said = await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl");
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst", "--count", "2")).AssertDone();

        Assert.Equal(ExitCodes.Failed, said.ExitCode);
        Assert.Equal(3, said.Out.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("has the unique key 'import'", Assert.Single(said.Problems), StringComparison.Ordinal);
        Assert.Equal("Hello, Hello, World!!", Text((await Tool.RunAsync(project, "queue", "result", "last", "--output", "json")).AssertDone().Json, "greeting"));
    }

    [Fact]
    public async Task A_refused_job_is_named_by_its_line_and_the_others_are_stored()
    {
        using var project = new TempProject().WithHello().WithFailing();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "mine")).AssertDone();
        project.Write("jobs.jsonl", "{\"pipeline\": \"broken\", \"id\": \"mine\"}\n{\"pipeline\": \"broken\", \"id\": \"other\"}\n");

        var said = await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl");

        Assert.Equal(ExitCodes.Failed, said.ExitCode);
        Assert.Equal("other\n", said.Out);
        Assert.StartsWith("error: line 1: Pipeline 'broken' cannot have a job mine", Assert.Single(said.Problems), StringComparison.Ordinal);
        Assert.EndsWith("enqueued 1 job, 1 refused\n", said.Error, StringComparison.Ordinal);
        var single = (await Tool.RunAsync(project, "queue", "enqueue", "broken", "--id", "mine")).AssertFailed();
        Assert.Contains("is a job of pipeline 'hello' already", single, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_match_are_cancelled_retried_and_deleted()
    {
        using var project = new TempProject().WithHello();
        project.Write("jobs.jsonl", string.Concat(Enumerable.Range(0, 30).Select(i => $"{{\"pipeline\":\"hello\",\"id\":\"job-{i}\",\"tags\":[\"{(i % 3 == 0 ? "eu" : "us")}\"]}}\n")));
        (await Tool.RunAsync(project, "queue", "enqueue-many", "jobs.jsonl")).AssertDone();

        Assert.Equal("10 jobs would be cancelled.\n", (await Tool.RunAsync(project, "queue", "cancel", "--all", "--tag", "eu", "--dry-run")).AssertDone().Out);
        Assert.Equal("10 jobs cancelled.\n", (await Tool.RunAsync(project, "queue", "cancel", "--all", "--tag", "eu", "--reason", "late")).AssertDone().Out);
        Assert.Equal("0 jobs pending again.\n", (await Tool.RunAsync(project, "queue", "retry", "--all", "--tag", "eu")).AssertDone().Out);
        Assert.Equal("10 jobs pending again.\n", (await Tool.RunAsync(project, "queue", "retry", "--all", "--status", "cancelled")).AssertDone().Out);
        Assert.Equal("30 jobs cancelled.\n", (await Tool.RunAsync(project, "queue", "cancel", "--all", "--yes")).AssertDone().Out);
        var json = (await Tool.RunAsync(project, "queue", "delete", "--all", "--tag", "us", "--since", "1h", "--output", "json")).AssertDone().Json;
        Assert.Equal((20, 20, false), (json.GetProperty("matched").GetInt32(), json.GetProperty("done").GetInt32(), json.GetProperty("dryRun").GetBoolean()));
        Assert.Equal(10, (await IdsAsync(project)).Count);

        var refused = await Tool.RunAsync(project, "queue", "cancel", "--all", "--status", "cancelled");
        Assert.Equal("10 jobs cancelled.\n", refused.AssertDone().Out); // again is a repetition
        (await Tool.RunAsync(project, "queue", "retry", "job-0")).AssertDone();
        var pending = await Tool.RunAsync(project, "queue", "delete", "--all", "--status", "pending");
        Assert.Equal((ExitCodes.Failed, "0 jobs deleted. Refused: NotFinished 1.\n"), (pending.ExitCode, pending.Out));
    }

    [Theory]
    [InlineData("means every job", "queue", "cancel", "--all")]
    [InlineData("give one of them", "queue", "cancel", "--all", "some-id")]
    [InlineData("needs ID", "queue", "retry")]
    [InlineData("go with --all", "queue", "delete", "some-id", "--status", "failed")]
    [InlineData("go with --all", "queue", "delete", "some-id", "--dry-run")]
    [InlineData("there is no time", "queue", "cancel", "--all", "--since", "1h", "--until", "2h")]
    [InlineData("Or say how long ago", "queue", "list", "--since", "yesterday")]
    [InlineData("LENGTH must be above zero", "queue", "keep", "some-id", "0s")]
    [InlineData("needs LENGTH", "queue", "keep", "some-id")]
    public async Task What_could_be_meant_in_two_ways_is_refused_with_the_remedy(string words, params string[] line)
    {
        using var project = new TempProject().WithHello();

        Assert.Contains(words, (await Tool.RunAsync(project, line)).AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ended_job_is_deleted_and_its_id_is_free()
    {
        using var project = new TempProject().WithHello().WithFailing();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "mine")).AssertDone();

        var early = (await Tool.RunAsync(project, "queue", "delete", "mine")).AssertFailed();
        (await Tool.RunAsync(project, "queue", "cancel", "mine")).AssertDone();
        var said = (await Tool.RunAsync(project, "queue", "delete", "mine")).AssertDone();
        var again = (await Tool.RunAsync(project, "queue", "delete", "mine")).AssertFailed();
        (await Tool.RunAsync(project, "queue", "enqueue", "broken", "--id", "mine")).AssertDone();

        Assert.Equal("Job mine is pending: only a job that has ended can be deleted. Cancel it first.", early);
        Assert.Equal("Job mine is deleted.\n", said.Out);
        Assert.DoesNotContain("warning", said.Error, StringComparison.Ordinal);
        Assert.StartsWith("There is no job mine", again, StringComparison.Ordinal);
        Assert.Equal("broken", Text(await StatusAsync(project, "mine"), "pipeline"));
    }

    [Fact]
    public async Task A_job_is_kept_as_long_as_it_is_said_before_or_afterwards()
    {
        using var project = new TempProject().WithHello();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "mine", "--keep", "3d", "--keep-failed", "forever")).AssertDone();
        var early = (await Tool.RunAsync(project, "queue", "keep", "mine", "90d")).AssertFailed();
        (await Tool.RunAsync(project, "queue", "cancel", "mine")).AssertDone();
        var before = await StatusAsync(project, "mine");

        var said = (await Tool.RunAsync(project, "queue", "keep", "mine", "90d")).AssertDone();
        var after = await StatusAsync(project, "mine");
        (await Tool.RunAsync(project, "queue", "keep", "mine", "forever")).AssertDone();

        Assert.Contains("enqueue with --keep", early, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(3), Instant(before, "keptUntil") - Instant(before, "finishedAt"));
        Assert.Matches(@"^Job mine is kept until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\.\n$", said.Out);
        Assert.InRange((Instant(after, "keptUntil") - Instant(after, "finishedAt")).TotalDays, 90, 91);
        Assert.Equal(JsonValueKind.Null, (await StatusAsync(project, "mine")).GetProperty("keptUntil").ValueKind);
        Assert.Contains("kept for ever", (await Tool.RunAsync(project, "queue", "status", "mine")).AssertDone().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_shows_jobs_by_tag_and_by_time()
    {
        using var project = new TempProject().WithHello();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "eu", "--tag", "eu", "--tag", "daily")).AssertDone();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "us", "--tag", "us")).AssertDone();
        (await Tool.RunAsync(project, "queue", "cancel", "eu")).AssertDone();

        Assert.Equal(["eu"], await IdsAsync(project, "--tag", "eu"));
        Assert.Equal(["us", "eu"], await IdsAsync(project, "--since", "1h"));
        Assert.Equal(["us", "eu"], await IdsAsync(project, "--since", "2026-01-01T00:00:00Z"));
        Assert.Empty(await IdsAsync(project, "--until", "1h"));
        Assert.Equal("No jobs match.\n", (await Tool.RunAsync(project, "queue", "list", "--tag", "none")).AssertDone().Out);
    }

    private static async Task<List<string?>> IdsAsync(TempProject project, params string[] filters) =>
    [
        .. (await Tool.RunAsync(project, ["queue", "list", "--output", "json", "--limit", "1000", .. filters])).AssertDone().Json
            .GetProperty("jobs").EnumerateArray().Select(job => Text(job, "id")),
    ];

    private static async Task<JsonElement> StatusAsync(TempProject project, string id) =>
        (await Tool.RunAsync(project, "queue", "status", $"id={id}", "--output", "json")).AssertDone().Json;

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static DateTimeOffset Instant(JsonElement json, string name) => json.GetProperty(name).GetDateTimeOffset();
}
