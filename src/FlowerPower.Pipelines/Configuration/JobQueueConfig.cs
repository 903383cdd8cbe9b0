using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>job_queue</c> block of <c>conf/project.yml</c>, as former FlowerPower versions had it.</summary>
public sealed record JobQueueConfig : ConfigBlock
{
    internal JobQueueConfig(Dictionary<string, object?> values) : base(ProjectSchema.JobQueue, values)
    {
    }

    /// <summary>The queue adapter's name, such as <c>actors</c> or <c>rq</c>; null (the default) leaves the choice to the client.</summary>
    public string? Type => Get<string?>("type");

    /// <summary>Jobs that one worker process runs at once; 1 or more, by default the machine's CPUs.</summary>
    public int NumWorkers => (int?)this["num_workers"] ?? Environment.ProcessorCount;

    /// <summary>Where the queue keeps its state.</summary>
    public BackendConfig Backend => Get<BackendConfig>("backend");

    /// <summary>What holds for jobs that do not say otherwise.</summary>
    public JobDefaultsConfig JobDefaults => Get<JobDefaultsConfig>("job_defaults");

    /// <summary>Settings by backend name, <c>rq</c> and <c>taskiq</c>.</summary>
    public ConfigSection Backends => Get<ConfigSection>("backends");
}
