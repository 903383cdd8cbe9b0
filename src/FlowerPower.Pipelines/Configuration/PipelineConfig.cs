using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>What <c>conf/pipelines/&lt;name&gt;.yml</c> and the environment say about one pipeline.</summary>
public sealed record PipelineConfig : ConfigBlock
{
    internal PipelineConfig(Dictionary<string, object?> values) : base(PipelineSchema.Pipeline, values)
    {
    }

    /// <summary>The pipeline's name: that of its files, whatever a <c>name</c> key says.</summary>
    public string Name { get => (string)this["name"]!; internal init => Set("name", value); }

    /// <summary>How it runs: namespaced environment over YAML over global environment over defaults.</summary>
    public RunConfig Run => Get<RunConfig>("run");

    /// <summary>The <c>params</c> block as plain data; empty if there is none.</summary>
    public IReadOnlyDictionary<string, object?> Params => Get<IReadOnlyDictionary<string, object?>>("params");

    /// <summary>The <c>adapter</c> block of a Python pipeline.</summary>
    public ConfigSection Adapter => Get<ConfigSection>("adapter");

    /// <summary>The <c>schedule</c> block as it was written; null if there is none.</summary>
    public ConfigSection? Schedule => Get<ConfigSection?>("schedule");

    /// <summary>What is probably not meant as it stands, in order of the file; may be empty.</summary>
    public IReadOnlyList<ConfigWarning> Warnings { get; internal init; } = [];

    /// <summary>The run that a call gets: what it sets itself over what is configured here.</summary>
    public RunConfig Resolve(RunConfig? call) => RunConfig.Merge(call, Run);
}
