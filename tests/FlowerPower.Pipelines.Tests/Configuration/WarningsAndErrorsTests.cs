using FlowerPower.Pipelines.Tests.Projects;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class WarningsAndErrorsTests : IDisposable
{
    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData("run:\n  executor:\n    max_worker: 3\n", 3, "run.executor.max_worker", "unknown key run.executor.max_worker; did you mean max_workers?")]
    [InlineData("run:\n  final-vars: [a]\n", 2, "run.final-vars", "unknown key run.final-vars; did you mean final_vars?")]
    [InlineData("\nrunn: {}\n", 2, "runn", "unknown key runn; did you mean run?")]
    [InlineData("zebra: 1\n", 1, "zebra", "unknown key zebra; the keys here are name, run, params, adapter, schedule.")]
    [InlineData("schedule: {crn: x}\n", 1, "schedule.crn", "unknown key schedule.crn; did you mean cron?")]
    public void An_unknown_key_is_a_warning_with_its_line_and_the_nearest_key(string yaml, int line, string key, string message)
    {
        var warning = Assert.Single(fixture.Pipeline(yaml).Warnings);

        Assert.Equal(new ConfigWarning(ConfigWarningKind.UnknownKey, "conf/pipelines/p.yml", line, key, message), warning);
        Assert.Equal($"conf/pipelines/p.yml:{line}: {message}", warning.ToString());
    }

    [Fact]
    public void An_unknown_variable_is_a_warning_that_names_the_variable()
    {
        var warning = Assert.Single(fixture.Set("FP_PIPELINE__RUN__EXECUTOR__TYP", "local").Pipeline("").Warnings);

        Assert.Equal("environment variable FP_PIPELINE__RUN__EXECUTOR__TYP: unknown key run.executor.typ; did you mean type?", warning.ToString());
    }

    [Fact]
    public void Strict_makes_unknown_and_repeated_keys_an_error_that_names_them_all()
    {
        fixture.Write("conf/project.yml", "nam: x\nhooks_dir: a\nhooks_dir: b\n");

        var error = Assert.Throws<ConfigException>(() => fixture.Load(strict: true));

        Assert.Equal(
            "conf/project.yml:3:1: hooks_dir is written twice (first in line 2); the last one counts. "
            + "conf/project.yml:1: unknown key nam; did you mean name?",
            error.Message);
        Assert.Equal(2, fixture.Load().Warnings.Count);
    }

    [Fact]
    public void Deprecated_retry_keys_move_into_retry_and_the_file_stays_as_it_is()
    {
        const string yaml = "run:\n  max_retries: 7\n  retry_delay: 2.5\n  jitter_factor: 0\n  retry_exceptions: [ValueError]\n";

        var config = fixture.Pipeline(yaml);

        Assert.Equal((7, 2.5, 0.0), (config.Run.Retry.MaxRetries, config.Run.Retry.RetryDelay, config.Run.Retry.JitterFactor));
        Assert.Equal(["ValueError"], config.Run.Retry.RetryExceptions);
        Assert.Equal(4, config.Warnings.Count);
        Assert.Equal("conf/pipelines/p.yml:2: run.max_retries is deprecated; write run.retry.max_retries.", config.Warnings[0].ToString());
        Assert.Equal(yaml, fixture.Read("conf/pipelines/p.yml"));
    }

    [Fact]
    public void A_key_wins_over_its_deprecated_copy_in_one_layer_and_not_across_layers()
    {
        Assert.Equal(2, fixture.Pipeline("run: {max_retries: 7, retry: {max_retries: 2}}", "one").Run.Retry.MaxRetries);
        fixture.Set("FP_PIPELINE__RUN__MAX_RETRIES", "9");
        Assert.Equal(9, fixture.Pipeline("run: {retry: {max_retries: 2}}", "two").Run.Retry.MaxRetries);
    }

    [Fact]
    public void Deprecated_keys_that_say_nothing_are_not_mentioned()
    {
        var config = fixture.Pipeline("run: {max_retries: null, retry_delay: null, jitter_factor: null, retry_exceptions: null}");

        Assert.Empty(config.Warnings);
        Assert.Equal(3, config.Run.Retry.MaxRetries);
    }

    [Theory]
    [InlineData("run: {retry: {max_retries: three}}", "1:28", "run.retry.max_retries", "run.retry.max_retries is the text \"three\"; expected a whole number, 0 or more.")]
    [InlineData("run: {retry: {max_retries: -1}}", "1:28", "run.retry.max_retries", "run.retry.max_retries is the number -1; expected a whole number, 0 or more.")]
    [InlineData("run: {retry: {max_retries: 1.5}}", "1:28", "run.retry.max_retries", "run.retry.max_retries is the number 1.5; expected a whole number, 0 or more.")]
    [InlineData("run: {retry: {max_retries: 99999999999}}", "1:28", "run.retry.max_retries", "run.retry.max_retries is the number 99999999999; expected a whole number, 0 or more.")]
    [InlineData("run: {retry: {retry_delay: .nan}}", "1:28", "run.retry.retry_delay", "run.retry.retry_delay is the number .nan; expected a number, 0 or more.")]
    [InlineData("run:\n  executor:\n    max_workers: 0", "3:18", "run.executor.max_workers", "run.executor.max_workers is the number 0; expected a whole number, 1 or more.")]
    [InlineData("run: {executor: {type: threads}}", "1:24", "run.executor.type", "run.executor.type is the text \"threads\"; expected one of synchronous, local, threadpool, processpool, ray, dask.")]
    [InlineData("run: {executor: [1]}", "1:17", "run.executor", "run.executor is a list; expected a block of keys, or its type alone.")]
    [InlineData("run: {executor: fast}", "1:17", "run.executor.type", "run.executor.type is the text \"fast\"; expected one of synchronous, local, threadpool, processpool, ray, dask.")]
    [InlineData("run: {log_level: loud}", "1:18", "run.log_level", "run.log_level is the text \"loud\"; expected one of TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, CRITICAL, or null.")]
    [InlineData("run: {inputs: [a]}", "1:15", "run.inputs", "run.inputs is a list; expected a block of keys.")]
    [InlineData("run: {final_vars: {a: 1}}", "1:19", "run.final_vars", "run.final_vars is a block of keys; expected a list of texts.")]
    [InlineData("run: {final_vars: [a, 3]}", "1:23", "run.final_vars", "run.final_vars[1] is the number 3; expected text.")]
    [InlineData("run: {reload: 'true'}", "1:15", "run.reload", "run.reload is the text \"true\"; expected true or false.")]
    [InlineData("run: {reload: null}", "1:15", "run.reload", "run.reload is empty (null); expected true or false.")]
    [InlineData("run: {cache: 3}", "1:14", "run.cache", "run.cache is the number 3; expected true, false, or a block of keys.")]
    [InlineData("run: {on_success: {func: f}}", "1:19", "run.on_success", "run.on_success is a block of keys; expected the name under which the callback is registered, or null.")]
    [InlineData("run: {priority: urgent}", "1:17", "run.priority", "run.priority is the text \"urgent\"; expected one of high, medium, low.")]
    [InlineData("run: {queue: a b}", "1:14", "run.queue", "run.queue is the text \"a b\"; expected a queue's name, without spaces.")]
    [InlineData("run: {timeout: soon}", "1:16", "run.timeout", "run.timeout is the text \"soon\"; expected a length of time: seconds, 5m, 2h30m, 500ms or PT5M; above zero, or null.")]
    [InlineData("run: {timeout: 0}", "1:16", "run.timeout", "run.timeout is the number 0; expected a length of time: seconds, 5m, 2h30m, 500ms or PT5M; above zero, or null.")]
    [InlineData("params: [1]", "1:9", "params", "params is a list; expected a block of keys.")]
    [InlineData("run: fast", "1:6", "run", "run is the text \"fast\"; expected a block of keys.")]
    [InlineData("schedule: daily", "1:11", "schedule", "schedule is the text \"daily\"; expected a block of keys.")]
    [InlineData("adapter: {hamilton_tracker: {capture_data_statistics: 5}}", "1:55", "adapter.hamilton_tracker.capture_data_statistics", "adapter.hamilton_tracker.capture_data_statistics is the number 5; expected true or false.")]
    public void A_wrong_value_is_an_error_with_place_key_what_was_found_and_what_is_expected(string yaml, string place, string key, string message)
    {
        var error = Assert.Throws<ConfigException>(() => fixture.Pipeline(yaml));

        Assert.Equal($"conf/pipelines/p.yml:{place}: {message}", error.Message);
        Assert.Equal(key, error.Key);
        Assert.Equal(place, $"{error.Line}:{error.Column}");
        Assert.Equal("conf/pipelines/p.yml", error.Source);
    }

    [Theory]
    [InlineData("name: 5", "conf/project.yml:1:7: name is the number 5; expected a name without '/', '\\' and '..', or null.")]
    [InlineData("name: ../up", "conf/project.yml:1:7: name is the text \"../up\"; expected a name without '/', '\\' and '..', or null.")]
    [InlineData("job_queue: {backend: {port: 70000}}", "conf/project.yml:1:29: job_queue.backend.port is the number 70000; expected a whole number, 1 to 65535.")]
    [InlineData("job_queue: {backend: {db: main}}", "conf/project.yml:1:27: job_queue.backend.database is the text \"main\"; expected a whole number, 0 or more.")]
    [InlineData("job_queue: {backend: {uri: localhost}}", "conf/project.yml:1:28: job_queue.backend.uri is a value that does not fit; expected a URL such as redis://:PASSWORD@localhost:6379/0, in which the password's special characters are percent-encoded (@ is %40, / is %2F, ? is %3F, # is %23), or null.")]
    [InlineData("job_queue: {backend: {password: [x]}}", "conf/project.yml:1:33: job_queue.backend.password is a list; expected text, or null.")]
    public void A_wrong_value_in_the_project_is_an_error_when_the_project_is_loaded(string yaml, string message)
    {
        fixture.Write("conf/project.yml", yaml);

        Assert.Equal(message, Assert.Throws<ConfigException>(() => fixture.Load()).Message);
    }

    [Fact]
    public void A_wrong_value_in_the_environment_names_the_variable()
    {
        fixture.Set("FP_MAX_RETRIES", "many");

        var error = Assert.Throws<ConfigException>(() => fixture.Pipeline(""));

        Assert.Equal("environment variable FP_MAX_RETRIES: run.retry.max_retries is the text \"many\"; expected a whole number, 0 or more.", error.Message);
        Assert.Equal((0, 0), (error.Line, error.Column));
    }

    [Theory]
    [InlineData("processpool")]
    [InlineData("ray")]
    [InlineData("dask")]
    public void An_executor_that_csharp_cannot_have_is_accepted_with_a_warning_for_csharp_alone(string type)
    {
        var yaml = $"run:\n  executor:\n    type: {type}\n";
        fixture.Write("pipelines/python.py", "x = 1").Write("pipelines/csharp.cs", "");

        var warning = Assert.Single(fixture.Pipeline(yaml, "csharp").Warnings);
        Assert.Empty(fixture.Pipeline(yaml, "python").Warnings);

        Assert.Equal(ConfigWarningKind.WithoutEffect, warning.Kind);
        Assert.Equal(
            $"conf/pipelines/csharp.yml:3: run.executor.type: the nodes of a C# pipeline run on threads; {type} is read as threadpool.",
            warning.ToString());
        Assert.Equal(type, fixture.Load().LoadPipelineConfig("csharp").Run.Executor.Type);
    }

    [Theory]
    [InlineData("synchronous", true)]
    [InlineData("local", true)]
    [InlineData("ThreadPool", false)]
    public void The_other_executors_are_accepted_silently(string type, bool sequential)
    {
        var config = fixture.Pipeline($"run: {{executor: {type}}}");

        Assert.Empty(config.Warnings);
        Assert.Equal((type.ToLowerInvariant(), sequential), (config.Run.Executor.Type, config.Run.Executor.IsSequential));
    }

    [Fact]
    public void A_live_adapter_in_a_file_is_said_to_have_no_effect()
    {
        var warning = Assert.Single(fixture.Pipeline("run: {adapter: {x: 1}}").Warnings);

        Assert.Equal((ConfigWarningKind.WithoutEffect, "run.adapter"), (warning.Kind, warning.Key));
    }
}
