namespace FlowerPower.Pipelines;

/// <summary>What a warning is about.</summary>
public enum ConfigWarningKind
{
    /// <summary>A key that nobody reads, most often a typing error.</summary>
    UnknownKey = 1,

    /// <summary>A key that still works under its former name.</summary>
    DeprecatedKey = 2,

    /// <summary>The same key twice in one block: the last one counts.</summary>
    RepeatedKey = 3,

    /// <summary>A value that is accepted but has another effect here than in Python FlowerPower, or none.</summary>
    WithoutEffect = 4,

    /// <summary>Two files that claim to be the same pipeline.</summary>
    AmbiguousFile = 5,
}

/// <summary>Something in the configuration that is probably not meant as it stands; never an error.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Source">The file, relative to the project's folder with forward slashes, or the environment variable.</param>
/// <param name="Line">The line in the file, 1-based; 0 where there is none.</param>
/// <param name="Key">The full key, such as <c>run.executor.max_worker</c>; empty for a warning about a file.</param>
/// <param name="Message">One sentence without the place.</param>
public sealed record ConfigWarning(ConfigWarningKind Kind, string Source, int Line, string Key, string Message)
{
    /// <summary>Place and sentence in one line, as compilers print them.</summary>
    public override string ToString() => Line > 0 ? $"{Source}:{Line}: {Message}" : $"{Source}: {Message}";
}
