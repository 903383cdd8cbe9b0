using FlowerPower.Pipelines.Tests.Projects;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class PrecedenceTests : IDisposable
{
    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    /// <summary>Every set of the five layers, lowest bit first: shim, YAML, namespaced variable, call.</summary>
    public static TheoryData<int, int> Layers()
    {
        var data = new TheoryData<int, int>();
        for (var set = 0; set < 16; set++)
        {
            data.Add(set, set switch { >= 8 => 4, >= 4 => 3, >= 2 => 2, 1 => 1, _ => 0 });
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void The_highest_layer_that_says_something_wins(int set, int winner)
    {
        if ((set & 1) != 0)
        {
            fixture.Set("FP_LOG_LEVEL", "trace").Set("FP_EXECUTOR", "local")
                .Set("FP_EXECUTOR_MAX_WORKERS", "11").Set("FP_EXECUTOR_NUM_CPUS", "11").Set("FP_MAX_RETRIES", "11").Set("FP_RETRY_DELAY", "1.1").Set("FP_JITTER_FACTOR", "0.11");
        }

        var yaml = (set & 2) == 0
            ? ""
            : """
              run:
                log_level: DEBUG
                executor: {type: synchronous, max_workers: 12, num_cpus: 12}
                retry: {max_retries: 12, retry_delay: 1.2, jitter_factor: 0.12}
              """;
        if ((set & 4) != 0)
        {
            fixture.Set("FP_PIPELINE__RUN__LOG_LEVEL", "WARNING").Set("FP_PIPELINE__RUN__EXECUTOR__TYPE", "ray")
                .Set("FP_PIPELINE__RUN__EXECUTOR__MAX_WORKERS", "13").Set("FP_PIPELINE__RUN__EXECUTOR__NUM_CPUS", "13")
                .Set("FP_PIPELINE__RUN__RETRY__MAX_RETRIES", "13").Set("FP_PIPELINE__RUN__RETRY__RETRY_DELAY", "1.3")
                .Set("FP_PIPELINE__RUN__RETRY__JITTER_FACTOR", "0.13");
        }

        var call = (set & 8) == 0
            ? null
            : new RunConfig().WithLogLevel("ERROR").WithExecutor("dask", 14, 14).WithRetry(14, 1.4, 0.14);

        var run = fixture.Pipeline(yaml).Resolve(call);

        Assert.Equal(new[] { "INFO", "TRACE", "DEBUG", "WARNING", "ERROR" }[winner], run.LogLevel);
        Assert.Equal(new[] { "threadpool", "local", "synchronous", "ray", "dask" }[winner], run.Executor.Type);
        Assert.Equal(new[] { 5 * Environment.ProcessorCount, 11, 12, 13, 14 }[winner], run.Executor.MaxWorkers);
        Assert.Equal(new[] { Environment.ProcessorCount, 11, 12, 13, 14 }[winner], run.Executor.NumCpus);
        Assert.Equal(new[] { 3, 11, 12, 13, 14 }[winner], run.Retry.MaxRetries);
        Assert.Equal(new[] { 1, 1.1, 1.2, 1.3, 1.4 }[winner], run.Retry.RetryDelay);
        Assert.Equal(new[] { 0.1, 0.11, 0.12, 0.13, 0.14 }[winner], run.Retry.JitterFactor);
    }

    [Fact]
    public void A_call_that_asks_for_the_default_wins_over_a_file_that_asks_for_something_else()
    {
        var config = fixture.Pipeline("run: {log_level: DEBUG, cache: true, timeout: 5m, executor: {type: local}, retry: {max_retries: 9}}");

        var run = config.Resolve(new RunConfig
        {
            LogLevel = "INFO",
            Cache = false,
            Timeout = null,
            Executor = new ExecutorConfig { Type = "threadpool" },
            Retry = new RetryConfig { MaxRetries = 3 },
        });

        Assert.Equal(("INFO", false, null, "threadpool", 3), (run.LogLevel, run.Cache, run.Timeout, run.Executor.Type, run.Retry.MaxRetries));
    }

    [Fact]
    public void Blocks_merge_key_by_key_in_every_layer()
    {
        var config = fixture.Set("FP_PIPELINE__RUN__EXECUTOR__MAX_WORKERS", "7").Set("FP_EXECUTOR_NUM_CPUS", "2")
            .Pipeline("run: {executor: {type: local}, retry: {max_retries: 9, retry_delay: 5}}");

        var run = config.Resolve(new RunConfig { Retry = new RetryConfig { RetryDelay = 0 } });

        Assert.Equal(("local", 7, 2), (run.Executor.Type, run.Executor.MaxWorkers, run.Executor.NumCpus));
        Assert.Equal((9, 0.0), (run.Retry.MaxRetries, run.Retry.RetryDelay));
    }

    [Fact]
    public void Inputs_and_config_merge_key_by_key_and_final_vars_do_not()
    {
        var config = fixture.Set("FP_PIPELINE__RUN__INPUTS__B", "20").Set("FP_PIPELINE__RUN__INPUTS__LIST", "[1, 2]")
            .Pipeline("run: {inputs: {a: 1, b: 2, c: {x: 1}}, config: {k: 1, m: 2}, final_vars: [one, two]}");

        var run = config.Resolve(new RunConfig().WithInput("c", 3).WithConfig("m", 5).WithFinalVars("three"));

        Assert.Equal((1L, 20L, 3), (run.Inputs["a"], run.Inputs["b"], run.Inputs["c"]));
        Assert.Equal(new List<object?> { 1L, 2L }, run.Inputs["list"]);
        Assert.Equal((1L, 5), (run.Config["k"], run.Config["m"]));
        Assert.Equal(["three"], run.FinalVars);
    }

    [Fact]
    public void A_call_may_empty_final_vars_and_adds_to_additional_modules()
    {
        var config = fixture.Pipeline("run: {final_vars: [one], additional_modules: [a, b]}");

        var run = config.Resolve(new RunConfig { FinalVars = [], AdditionalModules = ["c", "a"] });

        Assert.Empty(run.FinalVars);
        Assert.Equal(["a", "b", "c"], run.AdditionalModules);
    }

    [Fact]
    public void A_block_whose_lines_are_all_commented_out_takes_nothing_away()
    {
        var config = fixture.Set("FP_EXECUTOR", "local").Set("FP_PIPELINE__RUN__INPUTS__N", "1")
            .Pipeline("run:\n  executor:\n  #  type: ray\n  inputs:\n");

        Assert.Equal("local", config.Run.Executor.Type);
        Assert.Equal(1L, config.Run.Inputs["n"]);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void The_environment_gives_lists_flags_and_data()
    {
        var run = fixture.Set("FP_PIPELINE__RUN__FINAL_VARS", "a, b").Set("FP_PIPELINE__RUN__RELOAD", "True")
            .Set("FP_PIPELINE__RUN__TIMEOUT", "90").Set("FP_PIPELINE__RUN__INPUTS", """{"n": 1, "m": 1}""")
            .Set("FP_PIPELINE__RUN__INPUTS__M", "two, three").Set("FP_PIPELINE__RUN__ON_FAILURE", "42")
            .Pipeline("").Run;

        Assert.Equal(["a", "b"], run.FinalVars);
        Assert.True(run.Reload);
        Assert.Equal(TimeSpan.FromSeconds(90), run.Timeout);
        Assert.Equal((1L, "two, three"), (run.Inputs["n"], run.Inputs["m"]));
        Assert.Equal("42", run.OnFailure);
    }

    [Fact]
    public void A_short_form_and_a_key_of_the_same_block_add_up_in_the_environment()
    {
        var executor = fixture.Set("FP_PIPELINE__RUN__EXECUTOR", "local").Set("FP_PIPELINE__RUN__EXECUTOR__MAX_WORKERS", "2")
            .Pipeline("").Run.Executor;

        Assert.Equal(("local", 2), (executor.Type, executor.MaxWorkers));
    }

    [Fact]
    public void Params_come_from_yaml_and_environment_together()
    {
        var config = fixture.Set("FP_PIPELINE__PARAMS__REPORT__TITLE", "Q3").Pipeline("params: {report: {title: Q1, rows: 5}, other: x}");

        var report = Assert.IsType<Dictionary<string, object?>>(config.Params["report"]);
        Assert.Equal(("Q3", 5L, "x"), (report["title"], report["rows"], config.Params["other"]));
    }

    [Fact]
    public void Project_variables_win_over_project_yml_and_global_ones_do_not()
    {
        fixture.Write("conf/project.yml", "name: file\nhooks_dir: my-hooks\njob_queue: {backend: {host: a, db: 2}}");
        fixture.Set("FP_PROJECT__JOB_QUEUE__BACKEND__HOST", "b").Set("FP_PROJECT__JOB_QUEUE__BACKEND__DATABASE", "7")
            .Set("FP_PROJECT__JOB_QUEUE__BACKEND__PASSWORD", "12345").Set("FP_HOOKS_DIR", "other")
            .Set("FP_RQ_NUM_WORKERS", "3").Set("HAMILTON_API_KEY", "k");

        var project = fixture.Load();

        Assert.Equal(("file", "my-hooks"), (project.Name, project.Config.HooksDir));
        var backend = project.Config.JobQueue.Backend;
        Assert.Equal(("b", 7, "12345"), (backend.Host, backend.Database, backend.Password));
        Assert.Equal(3, project.Config.JobQueue.NumWorkers);
        Assert.Equal("k", ((ConfigSection)project.Config.Adapter["hamilton_tracker"]!)["api_key"]);
    }

    [Fact]
    public void An_empty_global_variable_says_nothing()
    {
        Assert.Equal(3, fixture.Set("FP_MAX_RETRIES", "").Pipeline("").Run.Retry.MaxRetries);
    }

    [Fact]
    public void A_variable_in_yaml_is_expanded_before_it_is_checked()
    {
        var run = fixture.Set("WORKERS", "6").Set("PW", "0123")
            .Pipeline("run: {executor: {max_workers: '${WORKERS:-2}'}, inputs: {pw: '$PW', n: '${N:-3}'}, on_success: '${WORKERS}'}").Run;

        Assert.Equal(6, run.Executor.MaxWorkers);
        Assert.Equal(("0123", 3L), (run.Inputs["pw"], run.Inputs["n"]));
        Assert.Equal("6", run.OnSuccess);
    }
}
