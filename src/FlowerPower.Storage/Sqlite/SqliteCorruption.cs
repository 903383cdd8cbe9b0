namespace FlowerPower.Storage;

/// <summary>How people are told that a file is damaged.</summary>
internal static class SqliteCorruption
{
    /// <summary>The error for a damaged file.</summary>
    /// <param name="what">What was found, without a full stop.</param>
    public static StoreCorruptException Of(string path, string what, Exception? inner = null) => new(
        $"The store '{path}' is damaged ({what}): stop this process and put a copy of the file in its place; "
        + "what was stored after the copy was made is lost.",
        inner);
}
