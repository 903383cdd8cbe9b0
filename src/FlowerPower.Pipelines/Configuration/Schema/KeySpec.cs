namespace FlowerPower.Pipelines.Configuration;

/// <summary>One key of a block.</summary>
/// <param name="Name">As it is written in YAML.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Default">What counts when no layer sets it.</param>
internal sealed record KeySpec(string Name, ValueKind Kind, object? Default = null)
{
    /// <summary>Another spelling that means the same, without a warning.</summary>
    public string? Alias { get; init; }

    /// <summary>Never printed.</summary>
    public bool Secret { get; init; }

    /// <summary>A word about a value that has another effect on C# pipelines; null if there is nothing to say.</summary>
    public Func<object?, string?>? NoticeForCSharp { get; init; }

    /// <summary>For the documentation, where the default depends on the machine.</summary>
    public string? DefaultInWords { get; init; }
}

/// <summary>A former key and where it lives now.</summary>
internal sealed record MovedKey(string Name, string Block, string Key);
