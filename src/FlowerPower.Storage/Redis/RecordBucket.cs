using System.Globalization;

namespace FlowerPower.Storage;

/// <summary>What lists filter by: records that share it lie side by side in a shard's index.</summary>
internal readonly record struct RecordBucket(int Status, string Group, string Queue)
{
    /// <summary>The bucket's name in Redis: the group's length keeps "ab" + "c" apart from "a" + "bc".</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Status}:{Group.Length}:{Group}{Queue}");

    public static RecordBucket Of(RecordIndex index) => new(index.Status, index.Group, index.Queue);

    /// <summary>The bucket again.</summary>
    /// <exception cref="FormatException">It is no bucket's name.</exception>
    public static RecordBucket Parse(string name)
    {
        var first = name.IndexOf(':');
        var second = first < 0 ? -1 : name.IndexOf(':', first + 1);
        return second > 0
            && int.TryParse(name.AsSpan(0, first), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            && int.TryParse(name.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && second + 1 + length <= name.Length
            ? new RecordBucket(status, name.Substring(second + 1, length), name[(second + 1 + length)..])
            : throw new FormatException($"'{name}' is not a bucket's name");
    }

    public bool Fits(RecordQuery query) =>
        (query.Status is null || query.Status == Status)
        && (query.Group is null || query.Group == Group)
        && (query.Queue is null || query.Queue == Queue);
}
