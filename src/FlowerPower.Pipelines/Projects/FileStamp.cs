namespace FlowerPower.Pipelines.Projects;

/// <summary>A file's length and time of change: what tells an unchanged file without reading it.</summary>
/// <remarks>
/// Any difference counts, also to an older time: files that are copied or checked out often keep theirs. A file that has only just been
/// changed has no stamp, because the next change may fall into the same tick of the file system's clock.
/// </remarks>
internal readonly record struct FileStamp(long Length, long WrittenAtTicks)
{
    /// <summary>A file must have rested so long before its time of change is trusted: the coarsest clock that is common ticks every 2 s.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    /// <summary>The stamp of a file as it stands; <see langword="null"/> if it must be read, because none can be trusted or had.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            // By handle, which follows links: a mounted configuration is changed by turning a link elsewhere.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var writtenAt = File.GetLastWriteTimeUtc(file);
            return TimeProvider.System.GetUtcNow().UtcDateTime - writtenAt > Rest
                ? new FileStamp(RandomAccess.GetLength(file), writtenAt.Ticks)
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null; // whoever reads it says why that fails
        }
    }
}
