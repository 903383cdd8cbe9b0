namespace FlowerPower.Pipelines.Configuration;

/// <summary>The keys of <c>conf/pipelines/&lt;name&gt;.yml</c>, with those of former FlowerPower versions.</summary>
internal static class PipelineSchema
{
    private static readonly Dictionary<string, object?> None = [];

    private static readonly BlockSchema Adapter = BlockSchema.Untyped(
        Block(
            "hamilton_tracker",
            new KeySpec("project_id", new WholeKind(0, nullable: true)),
            new KeySpec("dag_name", new TextKind()),
            new KeySpec("tags", new MapKind(), None),
            new KeySpec("capture_data_statistics", new BoolKind(), true),
            new KeySpec("max_list_length_capture", new WholeKind(0), 50),
            new KeySpec("max_dict_length_capture", new WholeKind(0), 10)),
        Block(
            "mlflow",
            new KeySpec("experiment_name", new TextKind()),
            new KeySpec("experiment_description", new TextKind()),
            new KeySpec("experiment_tags", new MapKind(), None),
            new KeySpec("run_id", new TextKind()),
            new KeySpec("run_name", new TextKind()),
            new KeySpec("run_description", new TextKind()),
            new KeySpec("run_tags", new MapKind(), None)));

    private static readonly BlockSchema Schedule = BlockSchema.Untyped(
        Data("cron"),
        Data("interval"),
        Data("date"),
        Block("run", "id_", "executor", "paused", "coalesce", "misfire_grace_time", "max_jitter", "max_running_jobs", "conflict_policy"),
        Block(
            "trigger",
            Data("type_"),
            Block(
                "cron", "year", "month", "week", "day", "day_of_week", "hour", "minute", "second", "start_time", "end_time", "timezone",
                "crontab"),
            Block("interval", "weeks", "days", "hours", "minutes", "seconds", "microseconds", "start_time", "end_time"),
            Block(
                "calendar", "years", "months", "weeks", "days", "hour", "minute", "second", "start_date", "end_date", "timezone"),
            Block("date", "run_time")));

    public static readonly BlockSchema Pipeline = new(
        values => new PipelineConfig(values),
        new KeySpec("name", new TextKind()),
        new KeySpec("run", new BlockKind(RunSchema.Run), new RunConfig()),
        new KeySpec("params", new MapKind(), None),
        new KeySpec("adapter", new BlockKind(Adapter), Adapter.Create([])),
        new KeySpec("schedule", new BlockKind(Schedule)));

    private static KeySpec Data(string name) => new(name, new DataKind());

    private static KeySpec Block(string name, params string[] keys) => Block(name, [.. keys.Select(Data)]);

    private static KeySpec Block(string name, params KeySpec[] keys)
    {
        var schema = BlockSchema.Untyped(keys);
        return new KeySpec(name, new BlockKind(schema), schema.Create([]));
    }
}
