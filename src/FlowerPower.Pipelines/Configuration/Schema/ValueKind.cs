namespace FlowerPower.Pipelines.Configuration;

/// <summary>What a key takes: read from a file, checked when an application sets it, merged between layers.</summary>
internal abstract class ValueKind
{
    /// <summary>What is expected, for messages: "a whole number, 0 or more".</summary>
    public abstract string Expected { get; }

    /// <summary>Takes a value from a file, JSON or the environment.</summary>
    /// <returns>False if it does not fit; a kind made of parts throws by itself and names the part.</returns>
    public abstract bool TryRead(ConfigNode node, BindContext context, string path, out object? value);

    /// <summary>Checks a value that an application set, and copies what could change under our feet.</summary>
    public abstract bool TryAccept(object? given, out object? value);

    /// <summary>Joins the values of two layers that both set the key.</summary>
    public virtual object? Merge(object? higher, object? lower) => higher;
}

/// <summary>Collects what is noticed while a file's nodes become values.</summary>
/// <param name="Warnings">Gets the warnings, in order of the file.</param>
/// <param name="ForCSharp">The pipeline's code is C#, so that process executors have no processes to run.</param>
internal sealed record BindContext(List<ConfigWarning> Warnings, bool ForCSharp = false)
{
    public void Warn(ConfigWarningKind kind, Origin at, string key, string message) =>
        Warnings.Add(new ConfigWarning(kind, at.Source, at.Line, key, message));
}
