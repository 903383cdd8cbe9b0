using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>with_adapter</c> block: which Hamilton adapters a Python pipeline runs with. C# pipelines do not read it.</summary>
public sealed record WithAdapterConfig : ConfigBlock
{
    /// <summary>A block in which nothing is set.</summary>
    public WithAdapterConfig() : base(RunSchema.WithAdapter)
    {
    }

    internal WithAdapterConfig(Dictionary<string, object?> values) : base(RunSchema.WithAdapter, values)
    {
    }

    /// <summary>Report to a Hamilton tracker; by default not.</summary>
    public bool HamiltonTracker { get => Get<bool>("hamilton_tracker"); init => Set("hamilton_tracker", value); }

    /// <summary>Report to MLflow; by default not.</summary>
    public bool Mlflow { get => Get<bool>("mlflow"); init => Set("mlflow", value); }

    /// <summary>Compute nodes on Ray; by default not.</summary>
    public bool Ray { get => Get<bool>("ray"); init => Set("ray", value); }

    /// <summary>Show a progress bar; by default not.</summary>
    public bool Progressbar { get => Get<bool>("progressbar"); init => Set("progressbar", value); }

    /// <summary>Compute nodes on a future adapter; by default not.</summary>
    public bool Future { get => Get<bool>("future"); init => Set("future", value); }
}
