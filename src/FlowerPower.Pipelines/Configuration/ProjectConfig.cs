using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>What <c>conf/project.yml</c> and the environment say about a project.</summary>
public sealed record ProjectConfig : ConfigBlock
{
    internal ProjectConfig(Dictionary<string, object?> values) : base(ProjectSchema.Project, values)
    {
    }

    /// <summary>The project's name; null if none is given.</summary>
    public string? Name => Get<string?>("name");

    /// <summary>The folder of hooks, relative to the project's; by default <c>hooks</c>.</summary>
    public string HooksDir => Get<string>("hooks_dir");

    /// <summary>The <c>adapter</c> block of Python pipelines.</summary>
    public ConfigSection Adapter => Get<ConfigSection>("adapter");

    /// <summary>The job queue's settings.</summary>
    public JobQueueConfig JobQueue => Get<JobQueueConfig>("job_queue");
}
