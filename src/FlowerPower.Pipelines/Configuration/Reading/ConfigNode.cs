using System.Globalization;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>A value as it was written, with its place: what YAML, JSON and environment variables have in common.</summary>
internal abstract class ConfigNode(Origin at)
{
    public Origin At { get; } = at;

    /// <summary>Nodes in this subtree, itself counted. Shared subtrees count each time: that is their size once they are read.</summary>
    public abstract int Size { get; }

    /// <summary>The value as plain data: string, bool, long, double, null, <c>List</c>, <c>Dictionary</c>; freshly made.</summary>
    public abstract object? ToPlain();

    /// <summary>The value in words, for "found …"; says nothing of the content when that may be secret.</summary>
    public abstract string Describe(bool secret);

    /// <summary>Turns plain data into nodes that all sit at one place.</summary>
    public static ConfigNode FromPlain(object? value, Origin at, bool loose = false) => value switch
    {
        Dictionary<string, object?> map =>
            new MapNode(at, [.. map.Select(e => new MapEntry(e.Key, at, FromPlain(e.Value, at, loose)))]),
        List<object?> list => new ListNode(at, [.. list.Select(item => FromPlain(item, at, loose))]),
        _ => new ScalarNode(at, value, value switch
        {
            null => "",
            bool flag => flag ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        }, loose),
    };
}

/// <summary>One value.</summary>
/// <param name="at">Its place.</param>
/// <param name="value">string, bool, long, double or null.</param>
/// <param name="text">The text as it was written: what a key that wants text takes, whatever the text looks like.</param>
/// <param name="loose">It came through an environment variable, where everything is text and quoting is not possible.</param>
internal sealed class ScalarNode(Origin at, object? value, string text, bool loose) : ConfigNode(at)
{
    public object? Value { get; } = value;

    public string Text { get; } = text;

    public bool Loose { get; } = loose;

    public override int Size => 1;

    public override object? ToPlain() => Value;

    public override string Describe(bool secret) => Value switch
    {
        null => "empty (null)",
        _ when secret => "a value that does not fit",
        string { Length: 0 } => "an empty text",
        string { Length: > 40 } long40 => $"the text \"{long40[..40]}…\"",
        string other => $"the text \"{other}\"",
        bool flag => flag ? "true" : "false",
        _ => $"the number {Text}",
    };
}

/// <summary>A sequence of values.</summary>
internal sealed class ListNode(Origin at, IReadOnlyList<ConfigNode> items) : ConfigNode(at)
{
    public IReadOnlyList<ConfigNode> Items { get; } = items;

    public override int Size { get; } = 1 + items.Sum(item => item.Size);

    public override object? ToPlain() => Items.Select(item => item.ToPlain()).ToList();

    public override string Describe(bool secret) => "a list";
}

/// <summary>One key of a block, and the place of the key.</summary>
internal readonly record struct MapEntry(string Key, Origin At, ConfigNode Value);

/// <summary>A block of keys, in the order written; each key once.</summary>
internal sealed class MapNode(Origin at, IReadOnlyList<MapEntry> entries) : ConfigNode(at)
{
    public IReadOnlyList<MapEntry> Entries { get; } = entries;

    public override int Size { get; } = 1 + entries.Sum(entry => entry.Value.Size);

    public ConfigNode? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key).Value;

    public override object? ToPlain()
    {
        var plain = new Dictionary<string, object?>(Entries.Count, StringComparer.Ordinal);
        foreach (var entry in Entries)
        {
            plain[entry.Key] = entry.Value.ToPlain();
        }

        return plain;
    }

    public override string Describe(bool secret) => "a block of keys";

    /// <summary>This block with another one beneath it: what both have is merged if it is a block, else ours counts.</summary>
    public MapNode Over(MapNode lower)
    {
        var merged = new List<MapEntry>(Entries.Count + lower.Entries.Count);
        foreach (var entry in Entries)
        {
            merged.Add((entry.Value, lower.Find(entry.Key)) switch
            {
                (MapNode mine, MapNode theirs) => entry with { Value = mine.Over(theirs) },

                // "executor:" with every line under it commented out must not wipe what a lower layer says.
                (ScalarNode { Value: null }, MapNode theirs) => entry with { Value = theirs },
                _ => entry,
            });
        }

        merged.AddRange(lower.Entries.Where(entry => Find(entry.Key) is null));
        return new MapNode(At, merged);
    }
}
