using System.Text;
using System.Text.Json;
using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Tests.Configuration;

public sealed class RunConfigTests
{
    private static readonly RunConfig Full = new()
    {
        Inputs = new Dictionary<string, object?> { ["n"] = 3L, ["x"] = 1.0, ["list"] = new List<object?> { null, true, "t" } },
        FinalVars = ["a"],
        Config = new Dictionary<string, object?> { ["region"] = "eu" },
        Cache = true,
        WithAdapter = new WithAdapterConfig { HamiltonTracker = true, Mlflow = true, Ray = true, Progressbar = true, Future = false },
        Executor = new ExecutorConfig { Type = "local", MaxWorkers = 2, NumCpus = 1 },
        LogLevel = "debug",
        Retry = new RetryConfig { MaxRetries = 1, RetryDelay = 0.5, JitterFactor = 0, RetryExceptions = ["IOException"] },
        PipelineAdapterConfig = new Dictionary<string, object?> { ["p"] = 1L },
        ProjectAdapterConfig = new Dictionary<string, object?> { ["q"] = 2L },
        Reload = true,
        OnSuccess = "tell",
        OnFailure = "cry",
        AdditionalModules = ["m"],
        AsyncDriver = false,
        Priority = "HIGH",
        Queue = "etl",
        Timeout = TimeSpan.FromMinutes(5),
        Schedule = "@daily",
        Backend = "rq",
    };

    [Fact]
    public void What_is_not_set_has_flowerpower_s_defaults()
    {
        var run = new RunConfig();

        Assert.Empty(run.Inputs);
        Assert.Empty(run.FinalVars);
        Assert.Empty(run.Config);
        Assert.Equal(false, run.Cache);
        Assert.Equal(new WithAdapterConfig(), run.WithAdapter);
        Assert.Equal(
            ("threadpool", 5 * Environment.ProcessorCount, Environment.ProcessorCount),
            (run.Executor.Type, run.Executor.MaxWorkers, run.Executor.NumCpus));
        Assert.Equal("INFO", run.LogLevel);
        Assert.Equal((3, 1.0, 0.1), (run.Retry.MaxRetries, run.Retry.RetryDelay, run.Retry.JitterFactor));
        Assert.Equal(["Exception"], run.Retry.RetryExceptions);
        Assert.Equal(
            (null, null, false, null, null),
            (run.PipelineAdapterConfig, run.ProjectAdapterConfig, run.Reload, run.OnSuccess, run.OnFailure));
        Assert.Empty(run.AdditionalModules);
        Assert.Equal(
            (null, "medium", "default", null, null, null),
            (run.AsyncDriver, run.Priority, run.Queue, run.Timeout, run.Schedule, run.Backend));
        Assert.Empty(run.SetKeys);
    }

    [Fact]
    public void The_whole_config_comes_back_from_json()
    {
        var copy = RunConfig.FromJson(Full.ToJson());

        Assert.Equal(Full, copy);
        Assert.Equal(Full.GetHashCode(), copy.GetHashCode());
        Assert.Equal(Full.ToJson(), copy.ToJson());
        Assert.Equal(RunSchema.Run.Keys.Select(key => key.Name).Where(name => name != "adapter"), copy.SetKeys);
        Assert.IsType<double>(copy.Inputs["x"]);
        Assert.Equal(("DEBUG", "high", TimeSpan.FromMinutes(5)), (copy.LogLevel, copy.Priority, copy.Timeout));
    }

    [Fact]
    public void Only_what_was_set_travels()
    {
        Assert.Equal("{}", Encoding.UTF8.GetString(new RunConfig().ToJson()));
        var run = new RunConfig { OnSuccess = null, Timeout = TimeSpan.FromSeconds(90) }.WithInput("n", 1).WithExecutor(maxWorkers: 2);
        Assert.Equal(
            """{"inputs":{"n":1},"executor":{"max_workers":2},"on_success":null,"timeout":90.0}""", Encoding.UTF8.GetString(run.ToJson()));
    }

    [Fact]
    public void Configs_are_equal_by_content()
    {
        var changed = Full with { Retry = Full.Retry with { RetryExceptions = ["Other"] } };

        Assert.NotEqual(Full, changed);
        Assert.Equal(["IOException"], Full.Retry.RetryExceptions);
        Assert.Equal(Full, changed with { Retry = Full.Retry });
        Assert.NotEqual(new RunConfig(), new RunConfig { LogLevel = "INFO" });
    }

    [Fact]
    public void A_config_does_not_change_when_the_caller_s_collections_do()
    {
        var inputs = new Dictionary<string, object?> { ["n"] = 1 };
        var vars = new[] { "a" };
        var run = new RunConfig { Inputs = inputs, FinalVars = vars };

        inputs["n"] = 2;
        vars[0] = "b";

        Assert.Equal((1, "a"), (run.Inputs["n"], run.FinalVars[0]));
    }

    [Fact]
    public void The_fluent_methods_set_what_the_properties_set()
    {
        var fluent = new RunConfig()
            .WithInputs(new Dictionary<string, object?> { ["n"] = 3L, ["x"] = 1.0 }).WithInput("list", new List<object?> { null, true, "t" })
            .WithFinalVars("a")
            .WithConfig(new Dictionary<string, object?>()).WithConfig("region", "eu")
            .WithCache(true)
            .WithAdapters(Full.WithAdapter)
            .WithExecutor("local").WithExecutor(maxWorkers: 2).WithExecutor(numCpus: 1)
            .WithLogLevel("debug")
            .WithRetry(maxRetries: 1).WithRetry(retryDelay: 0.5, jitterFactor: 0, retryExceptions: ["IOException"])
            .WithAdapterConfig(pipeline: Full.PipelineAdapterConfig).WithAdapterConfig(project: Full.ProjectAdapterConfig)
            .WithReload()
            .WithCallbacks(onSuccess: "tell").WithCallbacks(onFailure: "cry")
            .WithAdditionalModules("m").WithAdditionalModules("m")
            .WithAsyncDriver(false)
            .WithQueue("etl").WithQueue(priority: "high")
            .WithTimeout(TimeSpan.FromMinutes(5))
            .WithSchedule("@daily")
            .WithBackend("rq");

        Assert.Equal(Full, fluent);
    }

    [Fact]
    public void A_value_out_of_range_is_refused_where_it_is_set()
    {
        Refused("type is \"fast\"; expected one of synchronous, local, threadpool, processpool, ray, dask.", () => new RunConfig().WithExecutor("fast"));
        Refused("max_workers is 0; expected a whole number, 1 or more.", () => new RunConfig().WithExecutor(maxWorkers: 0));
        Refused("max_retries is -1; expected a whole number, 0 or more.", () => new RunConfig().WithRetry(-1));
        Refused("retry_delay is NaN; expected a number, 0 or more.", () => new RunConfig().WithRetry(retryDelay: double.NaN));
        Refused("priority is \"urgent\"; expected one of high, medium, low.", () => new RunConfig().WithQueue(priority: "urgent"));
        Refused("timeout is 00:00:00; expected a length of time", () => new RunConfig().WithTimeout(TimeSpan.Zero));
        Refused("inputs is null; expected a block of keys.", () => new RunConfig { Inputs = null! });

        static void Refused(string message, Func<object> act) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_travel_is_refused_by_name_and_with_a_remedy()
    {
        Refused("inputs.source is a MemoryStream; it cannot travel with a job: give a path.", "source", new MemoryStream());
        Refused("inputs.f is a callback; it cannot travel with a job: register it by name.", "f", (Action)(() => { }));
        Refused("inputs.b is binary data; it cannot travel with a job: give a path, or base64 text.", "b", new byte[] { 1 });
        Refused("inputs.x is NaN, which JSON has no word for; it cannot travel with a job: give null or a text.", "x", double.NaN);
        var own = new Dictionary<string, object?> { ["o"] = new Version() };
        Refused("inputs.list[1].o is a Version; it cannot travel with a job: give a text", "list", new object[] { 1, own });
        Refused("inputs.big is more than 64 bits can hold", "big", ulong.MaxValue);
        Refused("inputs.m has the key 1, which is no text", "m", new Dictionary<int, string> { [1] = "a" });
        var ring = new List<object?>();
        ring.Add(ring);
        Refused("inputs.ring[0]", "ring", ring);

        static void Refused(string message, string input, object value)
        {
            var error = Assert.Throws<NotSupportedException>(() => new RunConfig().WithInput(input, value).ToJson());
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Dates_numbers_and_dictionaries_of_net_travel_as_plain_data()
    {
        var id = new Guid("6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        var run = new RunConfig()
            .WithInput("int", 1).WithInput("float", 0.5f).WithInput("decimal", 1.25m).WithInput("day", new DateOnly(2024, 1, 31))
            .WithInput("at", new DateTimeOffset(2024, 1, 31, 12, 0, 0, TimeSpan.Zero)).WithInput("span", TimeSpan.FromMinutes(1.5))
            .WithInput("guid", id).WithInput("enum", DayOfWeek.Friday).WithInput("array", new[] { 1, 2 })
            .WithInput("map", new Dictionary<string, int> { ["k"] = 1 }).WithInput("json", JsonDocument.Parse("""{"a":[1,2.5,null]}""").RootElement);

        var copy = RunConfig.FromJson(run.ToJson()).Inputs;

        Assert.Equal((1L, 0.5, 1.25), (copy["int"], copy["float"], copy["decimal"]));
        Assert.Equal(("2024-01-31", "2024-01-31T12:00:00.0000000+00:00", "00:01:30"), (copy["day"], copy["at"], copy["span"]));
        Assert.Equal((id.ToString(), "Friday"), (copy["guid"], copy["enum"]));
        Assert.Equal(new List<object?> { 1L, 2L }, copy["array"]);
        Assert.Equal(1L, Assert.IsType<Dictionary<string, object?>>(copy["map"])["k"]);
        Assert.Equal(new List<object?> { 1L, 2.5, null }, Assert.IsType<Dictionary<string, object?>>(copy["json"])["a"]);
    }

    [Theory]
    [InlineData("{", "run config:1:2: broken JSON")]
    [InlineData("", "run config:1:1: broken JSON")]
    [InlineData("{} {}", "run config:1:4: broken JSON")]
    [InlineData("[1]", "run config: it is a list; expected a JSON object.")]
    [InlineData("""{"retry":{"max_retries":"3"}}""", "run config: retry.max_retries is the text \"3\"; expected a whole number, 0 or more.")]
    [InlineData("""{"inputs":{"n":99999999999999999999}}""", "run config: 99999999999999999999 is more than 64 bits can hold")]
    [InlineData("""{"inputs":{"n":1e999}}""", "run config: 1e999 is more than a double can hold")]
    public void Json_that_is_no_run_config_is_refused_with_a_reason(string json, string message)
    {
        var error = Assert.Throws<ConfigException>(() => RunConfig.FromJson(Encoding.UTF8.GetBytes(json)));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_of_a_newer_client_is_read_and_its_unknown_keys_are_told_to_who_asks()
    {
        var warnings = new List<ConfigWarning>();

        var run = RunConfig.FromJson("""{"log_level":"ERROR","glow":1,"max_retries":5}"""u8, warnings);

        Assert.Equal(("ERROR", 5), (run.LogLevel, run.Retry.MaxRetries));
        Assert.Equal([ConfigWarningKind.DeprecatedKey, ConfigWarningKind.UnknownKey], warnings.Select(warning => warning.Kind));
        Assert.Equal(run, RunConfig.FromJson("""{"log_level":"ERROR","glow":1,"max_retries":5}"""u8));
    }

    [Fact]
    public void A_config_prints_what_was_set()
    {
        var run = new RunConfig().WithInput("n", 1).WithFinalVars("a", "b").WithRetry(0);

        Assert.Equal("{ inputs = {n}; final_vars = [a, b]; retry = { max_retries = 0; }; }", run.ToString());
    }

    [Fact]
    public void A_key_that_does_not_exist_is_named_with_those_that_do()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => new RetryConfig()["tries"]);

        Assert.Contains("the keys are max_retries,", error.Message, StringComparison.Ordinal);
    }
}
