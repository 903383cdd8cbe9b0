using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>Paused and limited queues, and why a job waits, as an operator sees them.</summary>
public sealed class QueueSettingsCommandTests
{
    [Fact]
    public async Task A_paused_queues_job_says_who_paused_it_and_why_and_runs_when_it_goes_on()
    {
        using var project = new TempProject().WithHello();
        var paused = (await Tool.RunAsync(project, "queue", "pause", "reports", "--reason", "the source is down")).AssertDone();
        Assert.Contains("To let it go on: flowerpower queue resume reports", paused.Out, StringComparison.Ordinal);
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "r1", "--queue", "reports")).AssertDone();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "d1")).AssertDone();

        var why = (await Tool.RunAsync(project, "queue", "status", "r1", "--output", "json")).AssertDone().Json.GetProperty("waitsBecause").GetString();
        Assert.Matches("Queue 'reports' was paused by .+ at .+: the source is down\\.", why);
        var list = (await Tool.RunAsync(project, "queue", "queues")).AssertDone();
        Assert.Matches("reports +1 +0 +paused by .+: the source is down", list.Out);

        (await Tool.RunAsync(project, "queue", "resume", "reports")).AssertDone();
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst")).AssertDone();
        Assert.Equal("completed", (await Tool.RunAsync(project, "queue", "status", "r1", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Limits_are_set_shown_and_lifted()
    {
        using var project = new TempProject().WithHello();

        var limited = (await Tool.RunAsync(project, "queue", "limit", "reports", "--concurrency", "2", "--rate", "100/1m")).AssertDone();
        Assert.Equal("Queue 'reports': at most 2 at once, at most 100 starts in 1 min 0 s, on all nodes together.\n", limited.Out);
        var queue = Assert.Single((await Tool.RunAsync(project, "queue", "queues", "--output", "json")).AssertDone().Json.GetProperty("queues").EnumerateArray());
        Assert.Equal((2, 60), (queue.GetProperty("concurrency").GetInt32(), queue.GetProperty("rate").GetProperty("perSeconds").GetInt32()));

        (await Tool.RunAsync(project, "queue", "limit", "reports", "--none")).AssertDone();
        Assert.Equal("No queue has unfinished jobs or settings.\n", (await Tool.RunAsync(project, "queue", "queues")).AssertDone().Out);
    }

    [Theory]
    [InlineData("limit reports", "Say what holds from now on")]
    [InlineData("limit reports --none --concurrency 1", "Say what holds from now on")]
    [InlineData("limit reports --concurrency 0", "--concurrency must be a whole number of 1 or more")]
    [InlineData("limit reports --rate 5", "--rate cannot be used, '5': write a number of starts")]
    [InlineData("limit reports --rate 0/1m", "--rate cannot be used, '0/1m': A rate is 1 to 10000 starts")]
    [InlineData("limit reports --rate 5/48h", "at most a day")]
    [InlineData("pause {x}", "without spaces and braces")]
    public async Task What_cannot_be_set_is_refused_with_the_remedy(string command, string why)
    {
        using var project = new TempProject().WithHello();

        var said = await Tool.RunAsync(project, ["queue", .. command.Split(' ')]);

        Assert.Equal(ExitCodes.Usage, said.ExitCode);
        Assert.Contains(why, said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_after_another_one_says_so_gets_its_result_and_ends_with_it()
    {
        using var project = new TempProject().WithHello();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "a")).AssertDone();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "b", "--after", "a", "--input-from", "name=a:greeting")).AssertDone();

        Assert.Equal(
            "It waits for job a (pending) to end.",
            (await Tool.RunAsync(project, "queue", "status", "b", "--output", "json")).AssertDone().Json.GetProperty("waitsBecause").GetString());
        (await Tool.RunAsync(project, "queue", "worker", "start", "--burst")).AssertDone();
        Assert.Equal(
            "Hello, Hello, World!!", (await Tool.RunAsync(project, "queue", "result", "b", "--output", "json")).AssertDone().Json.GetProperty("greeting").GetString());
    }

    [Theory]
    [InlineData("--after nobody", ExitCodes.Failed, "There is no job nobody")]
    [InlineData("--after -x", ExitCodes.Usage, "--after")]
    [InlineData("--after a --after-end a", ExitCodes.Usage, "job a is named twice")]
    [InlineData("--after a --input-from name=b:greeting", ExitCodes.Usage, "job b is not waited for; add --after b")]
    [InlineData("--after a --input-from name", ExitCodes.Usage, "such as rows=JOB:clean")]
    [InlineData("--on-failure what:ever", ExitCodes.Failed, "is no callback")]
    [InlineData("--unique-for 1h", ExitCodes.Usage, "give --unique-key as well")]
    [InlineData("--id x --unique-key night", ExitCodes.Usage, "cannot go together")]
    public async Task A_job_that_could_never_start_is_refused_and_not_stored(string options, int exitCode, string why)
    {
        using var project = new TempProject().WithHello();
        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--id", "a")).AssertDone();

        var said = await Tool.RunAsync(project, ["queue", "enqueue", "hello", .. options.Split(' ')]);

        Assert.Equal(exitCode, said.ExitCode);
        Assert.Contains(why, said.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Tool.RunAsync(project, "queue", "metrics", "--output", "json")).AssertDone().Json.GetProperty("counts").GetProperty("pending").GetInt32());
    }

    [Fact]
    public async Task A_unique_key_names_the_job_that_has_it_and_refuses_or_replaces_where_that_was_asked_for()
    {
        using var project = new TempProject().WithHello();
        var first = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--unique-key", "night")).AssertDone().Out.Trim();

        var same = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--unique-key", "night")).AssertDone();
        Assert.Equal(first, same.Out.Trim());
        Assert.Contains($"job {first} has the unique key 'night', and is unchanged", same.Error, StringComparison.Ordinal);
        var refused = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--unique-key", "night", "--on-conflict", "error");
        Assert.Equal(ExitCodes.Failed, refused.ExitCode);
        Assert.Contains("wait for its end, cancel it, or replace it", refused.Error, StringComparison.Ordinal);
        var next = (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--unique-key", "night", "--on-conflict", "replace")).AssertDone().Out.Trim();
        Assert.NotEqual(first, next);
        Assert.Equal("cancelled", (await Tool.RunAsync(project, "queue", "status", $"id={first}", "--output", "json")).AssertDone().Json.GetProperty("status").GetString());
    }
}
