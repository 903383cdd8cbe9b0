namespace FlowerPower.Pipelines.Configuration;

/// <summary>Where a value was written.</summary>
/// <param name="Source">A file, an environment variable, or a phrase such as "the run config".</param>
/// <param name="Line">1-based; 0 where there are no lines.</param>
/// <param name="Column">1-based; 0 where there are no lines.</param>
internal readonly record struct Origin(string Source, int Line = 0, int Column = 0)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}:{Column}" : Source;
}
