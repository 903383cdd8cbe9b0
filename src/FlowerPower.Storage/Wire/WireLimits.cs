namespace FlowerPower.Storage.Wire;

/// <summary>What fits on the wire and into a store: whatever was accepted within these bounds can be written, and read again.</summary>
public static class WireLimits
{
    /// <summary>The greatest length of one embedded JSON value (a result, a run's configuration), in bytes: 16 MiB.</summary>
    public const int MaxJsonBytes = 16 * 1024 * 1024;

    /// <summary>The greatest nesting of one embedded JSON value.</summary>
    public const int MaxJsonDepth = 64;

    /// <summary>The greatest length of a job's names, description, tags and metadata together, in bytes of UTF-8: 1 MiB.</summary>
    public const int MaxTextBytes = 1024 * 1024;

    /// <summary>
    /// The greatest length of an encoded event, in bytes: one value and the texts, each of whose characters may need six.
    /// </summary>
    public const int MaxEventBytes = 24 * 1024 * 1024;

    /// <summary>The greatest length of an encoded record, in bytes: a job's first event, its result, and its bounded history.</summary>
    public const int MaxRecordBytes = 48 * 1024 * 1024;

    /// <summary>The greatest number of jobs that one depends on.</summary>
    public const int MaxParents = 1_000;

    // Room for the objects and arrays that we put around an embedded value.
    internal const int MaxDepth = MaxJsonDepth + 8;
}
