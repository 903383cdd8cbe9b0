namespace FlowerPower.Node.Jobs;

/// <summary>The tags of a shard's unfinished jobs, each combination kept once: thousands of jobs share few of them.</summary>
internal sealed class TagSets
{
    private const int MaxShared = 1_000; // beyond it each job has its own, as where each is tagged with its own number

    private readonly Dictionary<string, string[]> shared = new(StringComparer.Ordinal);

    /// <summary>These tags; <see langword="null"/>: none.</summary>
    public string[]? Of(IReadOnlyList<string> tags)
    {
        if (tags.Count == 0)
        {
            return null;
        }

        var key = string.Join('\0', tags);
        if (shared.TryGetValue(key, out var known) && known.AsSpan().SequenceEqual([.. tags]))
        {
            return known;
        }

        string[] own = [.. tags];
        if (shared.Count < MaxShared)
        {
            shared.TryAdd(key, own);
        }

        return own;
    }
}
