namespace FlowerPower.Pipelines;

/// <summary>How a project is read.</summary>
public sealed record ProjectOptions
{
    /// <summary>
    /// Where <c>FP_…</c> variables and <c>${…}</c> in YAML values come from; <see langword="null"/>: the process's environment,
    /// as it is when the project is loaded.
    /// </summary>
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    /// <summary>Unknown and repeated keys are errors instead of warnings.</summary>
    public bool Strict { get; init; }
}
