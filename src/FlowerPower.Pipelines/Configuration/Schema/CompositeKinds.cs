namespace FlowerPower.Pipelines.Configuration;

/// <summary>Texts in order; null is none, and one text alone is a list of one.</summary>
/// <param name="union">Layers add to each other instead of replacing.</param>
internal sealed class TextListKind(bool union = false) : ValueKind
{
    public override string Expected => "a list of texts";

    public override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = node switch
        {
            ScalarNode { Value: null } => Array.Empty<string>(),

            // The environment has no lists: FP_PIPELINE__RUN__FINAL_VARS=a,b means two.
            ScalarNode { Loose: true, Value: string text } =>
                text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            ScalarNode { Value: string text } => new[] { text },
            ListNode list => list.Items.Select((item, i) => item is ScalarNode { Value: string text }
                ? text
                : throw new ConfigException(item.At, path, $"{path}[{i}] is {item.Describe(false)}; expected text.")).ToArray(),
            _ => null,
        };
        return value is not null;
    }

    public override bool TryAccept(object? given, out object? value)
    {
        value = given is IEnumerable<string> texts ? texts.ToArray() : null;
        return value is string[] all && all.All(text => text is not null);
    }

    public override object? Merge(object? higher, object? lower) =>
        union ? ((string[])lower!).Union((string[])higher!, StringComparer.Ordinal).ToArray() : higher;
}

/// <summary>Free-form data by name; null is none.</summary>
/// <param name="byKey">A higher layer replaces single keys, not the whole.</param>
/// <param name="nullable">Null stays null.</param>
internal sealed class MapKind(bool byKey = false, bool nullable = false) : ValueKind
{
    public override string Expected => "a block of keys";

    public override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = node switch
        {
            MapNode map => map.ToPlain(),
            ScalarNode { Value: null } when !nullable => new Dictionary<string, object?>(),
            _ => null,
        };
        return value is not null || (nullable && node is ScalarNode { Value: null });
    }

    public override bool TryAccept(object? given, out object? value)
    {
        value = given is IReadOnlyDictionary<string, object?> map ? new Dictionary<string, object?>(map, StringComparer.Ordinal) : null;
        return value is not null || (nullable && given is null);
    }

    public override object? Merge(object? higher, object? lower)
    {
        if (!byKey || higher is not Dictionary<string, object?> ours || lower is not Dictionary<string, object?> theirs)
        {
            return higher;
        }

        var merged = new Dictionary<string, object?>(theirs, StringComparer.Ordinal);
        foreach (var (key, value) in ours)
        {
            merged[key] = value;
        }

        return merged;
    }
}

/// <summary>Anything, as it is.</summary>
internal sealed class DataKind(string expected = "any value", Func<ConfigNode, bool>? check = null) : ValueKind
{
    public override string Expected => expected;

    public override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = check is null || check(node) ? node.ToPlain() : null;
        return check is null || check(node);
    }

    public override bool TryAccept(object? given, out object? value)
    {
        value = given;
        return true;
    }
}

/// <summary>A key that Python FlowerPower takes and that cannot mean anything here: accepted, and said so if it has a value.</summary>
internal sealed class IgnoredKind(string reason) : ValueKind
{
    public override string Expected => "nothing";

    public override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = null;
        if (node is not ScalarNode { Value: null })
        {
            context.Warn(ConfigWarningKind.WithoutEffect, node.At, path, $"{path} has no effect: {reason}");
        }

        return true;
    }

    public override bool TryAccept(object? given, out object? value)
    {
        value = null;
        return false;
    }
}

/// <summary>A block with keys of its own; null is the same as a missing block.</summary>
/// <param name="schema">Its keys.</param>
/// <param name="shorthand">The key that a text in place of the block sets: <c>executor: threadpool</c>.</param>
internal sealed class BlockKind(BlockSchema schema, string? shorthand = null) : ValueKind
{
    public BlockSchema Schema => schema;

    public string? Shorthand => shorthand;

    public override string Expected => shorthand is null ? "a block of keys" : $"a block of keys, or its {shorthand} alone";

    public override bool TryRead(ConfigNode node, BindContext context, string path, out object? value)
    {
        value = node is MapNode map ? schema.Bind(map, context, path) : null;
        return value is not null || node is ScalarNode { Value: null };
    }

    public override bool TryAccept(object? given, out object? value)
    {
        value = given is ConfigBlock block && block.Schema == schema ? block : null;
        return value is not null;
    }

    public override object? Merge(object? higher, object? lower) =>
        (higher, lower) is (ConfigBlock ours, ConfigBlock theirs) ? ours.Over(theirs) : higher ?? lower;
}
