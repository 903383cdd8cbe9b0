using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Queue;

/// <summary>What cannot be meant is refused with its place and the remedy, before anything is stored.</summary>
public sealed class RefusedInputTests
{
    [Theory]
    [InlineData("--run-in", "2h", "1h", "--run-in: 2 h 0 min), not 1 h 0 min")]
    [InlineData("--run-in", "1h", "1h", "--run-in: 1 h 0 min), not 1 h 0 min")]
    [InlineData("--run-at", "2999-01-01T00:00:00Z", "1h", "--run-at: ")]
    public async Task A_job_that_would_expire_before_it_may_start_is_refused(string option, string start, string expiry, string words)
    {
        using var project = new TempProject().WithHello();

        var problem = (await Tool.RunAsync(project, "queue", "enqueue", "hello", option, start, "--expires-in", expiry)).AssertFailed(ExitCodes.Usage);

        Assert.StartsWith("--expires-in must be longer than the wait before the job may start (", problem, StringComparison.Ordinal);
        Assert.Contains(words, problem, StringComparison.Ordinal);
        Assert.Equal("No jobs yet.\n", (await Tool.RunAsync(project, "queue", "list")).AssertDone().Out);
    }

    [Fact]
    public async Task A_job_that_may_start_before_it_expires_is_stored()
    {
        using var project = new TempProject().WithHello();

        (await Tool.RunAsync(project, "queue", "enqueue", "hello", "--run-in", "1h", "--expires-in", "2h")).AssertDone();
    }

    [Theory]
    [InlineData("job_queue: { backend: { type: redis, uri: 'redis://:p/ss?word@localhost:6379/0' } }", "percent-encoded (@ is %40, / is %2F")]
    [InlineData("job_queue: { backend: { type: redis, uri: 'redis://ada:secret@localhost' } }", "job_queue.backend.uri: The Redis address cannot be used: user names")]
    [InlineData("job_queue: { backend: { type: mongo } }", "job_queue.backend.type is 'mongo'")]
    [InlineData("job_queue: { backend: { type: redis, port: seven } }", "job_queue.backend.port")]
    [InlineData("job_queue: [", "broken YAML")]
    public async Task A_mistake_in_the_projects_configuration_names_the_file_and_ends_with_2(string line, string words)
    {
        using var project = new TempProject().WithHello().Write("conf/project.yml", $"name: shop\n{line}\n");

        var said = await Tool.RunAsync(project, "queue", "list");

        var problem = said.AssertFailed(ExitCodes.Usage);
        Assert.StartsWith("conf/project.yml:", problem, StringComparison.Ordinal);
        Assert.Contains(words, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--help", said.Error, StringComparison.Ordinal); // which would not help
    }

    [Theory]
    [InlineData("conf/pipelines/hello.yml")]
    [InlineData("pipelines/hello.cs")]
    [InlineData("conf/project.yml")]
    public async Task A_folder_where_a_file_belongs_is_named(string path)
    {
        using var project = new TempProject().WithHello();
        File.Delete(Path.Combine(project.Root, path));
        Directory.CreateDirectory(Path.Combine(project.Root, path));

        var problem = (await Tool.RunAsync(project, "queue", "enqueue", "hello")).AssertFailed();

        Assert.Equal($"{path} is a folder, and has to be a file: delete or rename it.", problem);
    }

    [Fact]
    public async Task A_list_of_a_pipeline_that_is_not_known_says_so_and_offers_the_nearest()
    {
        using var project = new TempProject().WithHello();

        var misspelt = (await Tool.RunAsync(project, "queue", "list", "--pipeline", "helo")).AssertDone().Out;
        var unknown = (await Tool.RunAsync(project, "queue", "list", "--pipeline", "nosuch")).AssertDone().Out;
        var known = (await Tool.RunAsync(project, "queue", "list", "--pipeline", "hello")).AssertDone().Out;

        Assert.Equal("No jobs match. The project has no pipeline 'helo' either: did you mean hello?\n", misspelt);
        Assert.Equal("No jobs match. The project has no pipeline 'nosuch' either: list those that there are with flowerpower pipeline list.\n", unknown);
        Assert.Equal("No jobs match.\n", known);
    }

    [Fact]
    public async Task A_pipeline_that_cannot_be_written_names_one_file()
    {
        using var project = new TempProject();
        Directory.Delete(Path.Combine(project.Root, "pipelines"));
        project.Write("pipelines", "in the way");

        var problem = (await Tool.RunAsync(project, "pipeline", "new", "hello")).AssertFailed();

        Assert.StartsWith($"'{Path.Combine(project.Root, "pipelines", "hello.cs")}' cannot be written: ", problem, StringComparison.Ordinal);
        Assert.EndsWith("; mend that, or use another folder.", problem, StringComparison.Ordinal);
    }
}
