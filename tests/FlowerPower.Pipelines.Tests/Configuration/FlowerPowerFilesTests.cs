using FlowerPower.Pipelines.Tests.Projects;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class FlowerPowerFilesTests : IDisposable
{
    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData(FlowerPowerFiles.ProjectNow)]
    [InlineData(FlowerPowerFiles.ProjectWithRq)]
    [InlineData(FlowerPowerFiles.ProjectWithApScheduler)]
    [InlineData(FlowerPowerFiles.ProjectWithWorker)]
    [InlineData(FlowerPowerFiles.ProjectAsPlanned)]
    public void A_project_file_of_any_flowerpower_version_loads_without_a_warning(string yaml)
    {
        Assert.Empty(fixture.Write("conf/project.yml", yaml).Load(strict: true).Warnings);
    }

    [Theory]
    [InlineData(FlowerPowerFiles.PipelineNow)]
    [InlineData(FlowerPowerFiles.PipelineWithSchedule)]
    [InlineData(FlowerPowerFiles.PipelineWithTrigger)]
    public void A_pipeline_file_of_any_flowerpower_version_loads_without_a_warning(string yaml)
    {
        Assert.Empty(fixture.Pipeline(yaml).Warnings);
    }

    [Fact]
    public void Every_run_key_of_a_file_reaches_its_property()
    {
        var run = fixture.Pipeline(FlowerPowerFiles.PipelineNow).Run;

        Assert.Equal("data/sales.csv", run.Inputs["csv_path"]);
        Assert.Equal(0.5, run.Inputs["threshold"]);
        Assert.Equal(new List<object?> { "date", "price" }, run.Inputs["columns"]);
        Assert.Equal(["sales_summary", "report"], run.FinalVars);
        Assert.Equal(true, run.Config["validate"]);
        Assert.Equal("recompute", Assert.Single(Assert.IsType<Dictionary<string, object?>>(run.Cache)).Key);
        Assert.True(run.WithAdapter.Progressbar);
        Assert.False(run.WithAdapter.Mlflow);
        Assert.Equal(("threadpool", 4, 2), (run.Executor.Type, run.Executor.MaxWorkers, run.Executor.NumCpus));
        Assert.Equal("DEBUG", run.LogLevel);
        Assert.Equal((5, 2.0, 0.2), (run.Retry.MaxRetries, run.Retry.RetryDelay, run.Retry.JitterFactor));
        Assert.Equal(["ConnectionError", "TimeoutError"], run.Retry.RetryExceptions);
        Assert.Null(run.PipelineAdapterConfig);
        Assert.True(run.ProjectAdapterConfig!.ContainsKey("hamilton_tracker"));
        Assert.Equal((null, "notify_team"), (run.OnSuccess, run.OnFailure));
        Assert.Equal(["shared.cleaning"], run.AdditionalModules);
        Assert.Null(run.AsyncDriver);
    }

    [Fact]
    public void Params_adapter_and_schedule_are_kept_as_they_were_written()
    {
        var now = fixture.Pipeline(FlowerPowerFiles.PipelineNow);
        var former = fixture.Pipeline(FlowerPowerFiles.PipelineWithSchedule, "former");

        var summary = Assert.IsType<Dictionary<string, object?>>(now.Params["sales_summary"]);
        Assert.Equal(new List<object?> { "product", "customer" }, summary["group_by"]);
        Assert.Equal("sales", ((ConfigSection)now.Adapter["hamilton_tracker"]!)["dag_name"]);
        Assert.Null(now.Schedule);
        Assert.Equal("0 6 * * 1-5", former.Schedule!["cron"]);
        Assert.Equal(1L, Assert.IsType<Dictionary<string, object?>>(former.Schedule["interval"])["hours"]);
        Assert.Empty(former.Params);
    }

    [Fact]
    public void The_queue_s_connection_reaches_its_properties()
    {
        var queue = fixture.Write("conf/project.yml", FlowerPowerFiles.ProjectWithRq).Load().Config.JobQueue;

        Assert.Equal(("rq", 4), (queue.Type, queue.NumWorkers));
        Assert.Equal(("redis", "localhost", 6379, 0), (queue.Backend.Type, queue.Backend.Host, queue.Backend.Port, queue.Backend.Database));
        Assert.Equal(["default", "high", "low", "scheduler"], queue.Backend.Queues);
    }

    [Fact]
    public void The_planned_short_form_names_the_backend_and_gives_the_defaults_of_jobs()
    {
        var queue = fixture.Write("conf/project.yml", FlowerPowerFiles.ProjectAsPlanned).Load().Config.JobQueue;

        Assert.Equal("rq", queue.Backend.Type);
        Assert.Equal((TimeSpan.FromHours(1), 3, 10.0), (queue.JobDefaults.Timeout, queue.JobDefaults.MaxRetries, queue.JobDefaults.RetryDelay));
        Assert.Equal((TimeSpan.FromDays(1), TimeSpan.FromDays(7)), (queue.JobDefaults.ResultTtl, queue.JobDefaults.FailureTtl));
        Assert.Equal("rq.Worker", ((ConfigSection)queue.Backends["rq"]!)["worker_class"]);
    }

    [Fact]
    public void Url_and_db_are_other_spellings_of_uri_and_database()
    {
        fixture.Write("conf/project.yml", "job_queue: {backend: {url: 'rediss://h:1/2', db: 3}}");

        var project = fixture.Load();

        Assert.Equal(("rediss://h:1/2", 3), (project.Config.JobQueue.Backend.Uri, project.Config.JobQueue.Backend.Database));
        Assert.Empty(project.Warnings);
    }

    [Fact]
    public void A_password_is_never_printed()
    {
        fixture.Write(
            "conf/project.yml",
            "job_queue: {backend: {password: hunter2, uri: 'redis://:hunter2@h:1/0', data_store: {password: hunter2, uri: hunter2}}}");

        var project = fixture.Load();
        fixture.Write("conf/project.yml", "job_queue: {backend: {uri: hunter2}}");
        var error = Assert.Throws<ConfigException>(() => fixture.Load());

        Assert.DoesNotContain("hunter2", project.Config.ToString(), StringComparison.Ordinal);
        Assert.Equal("hunter2", project.Config.JobQueue.Backend.Password);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }
}
