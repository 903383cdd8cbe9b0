namespace FlowerPower.Storage;

/// <summary>How people are told that a file is damaged.</summary>
internal static class SqliteCorruption
{
    /// <summary>The error for a damaged file.</summary>
    /// <param name="what">What was found, without a full stop.</param>
    public static StoreCorruptException Of(string path, string what, Exception? inner = null) => new(
        $"The store '{path}' is damaged ({what}): stop what uses it, then restore it from a backup, "
        + "or move it away to start empty: its jobs are then lost.",
        inner);
}
