namespace FlowerPower.Pipelines.Configuration;

/// <summary>The keys of a block, in the order in which they are documented and written.</summary>
internal sealed class BlockSchema
{
    private readonly Func<Dictionary<string, object?>, ConfigBlock> create;
    private readonly Dictionary<string, KeySpec> byName = new(StringComparer.Ordinal);

    /// <summary>A block.</summary>
    /// <param name="create">Makes the typed block of values that fit the keys.</param>
    public BlockSchema(Func<Dictionary<string, object?>, ConfigBlock> create, params KeySpec[] keys)
    {
        this.create = create;
        Keys = keys;
        foreach (var key in keys)
        {
            byName.Add(key.Name, key);
            if (key.Alias is { } alias)
            {
                byName.Add(alias, key);
            }
        }
    }

    /// <summary>A block without a type of its own.</summary>
    public static BlockSchema Untyped(params KeySpec[] keys)
    {
        BlockSchema schema = null!;
        schema = new BlockSchema(values => new ConfigSection(schema, values), keys);
        return schema;
    }

    public IReadOnlyList<KeySpec> Keys { get; }

    /// <summary>Keys that have moved into a block of this block.</summary>
    public IReadOnlyList<MovedKey> Moved { get; init; } = [];

    /// <summary>The key of this name or alias; null if there is none.</summary>
    public KeySpec? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>
    /// One layer with every key in its place: aliases and moved keys renamed, short forms written out. Done before layers are merged,
    /// so that a key wins over its alias in a lower layer.
    /// </summary>
    public MapNode Normalize(MapNode node, BindContext context, string path)
    {
        var entries = new List<MapEntry>();
        foreach (var entry in node.Entries)
        {
            if (Find(entry.Key) is { } spec)
            {
                entries.RemoveAll(other => other.Key == spec.Name);
                entries.Add(entry with { Key = spec.Name, Value = Normalize(spec.Kind, entry.Value, context, Join(path, spec.Name)) });
            }
            else if (Moved.All(moved => moved.Name != entry.Key))
            {
                entries.Add(entry);
            }
        }

        var own = new MapNode(node.At, entries);
        foreach (var moved in Moved)
        {
            if (node.Entries.FirstOrDefault(entry => entry.Key == moved.Name) is { Value: { } value } entry
                && value is not ScalarNode { Value: null })
            {
                context.Warn(
                    ConfigWarningKind.DeprecatedKey, entry.At, Join(path, moved.Name),
                    $"{Join(path, moved.Name)} is deprecated; write {Join(path, moved.Block)}.{moved.Key}.");
                var target = new MapNode(entry.At, [new MapEntry(moved.Key, entry.At, value)]);
                own = own.Over(new MapNode(node.At, [new MapEntry(moved.Block, entry.At, target)]));
            }
        }

        return own;
    }

    private static ConfigNode Normalize(ValueKind kind, ConfigNode node, BindContext context, string path) => (kind, node) switch
    {
        (BlockKind block, MapNode map) => block.Schema.Normalize(map, context, path),
        (BlockKind { Shorthand: { } key }, ScalarNode { Value: string }) => new MapNode(node.At, [new MapEntry(key, node.At, node)]),
        _ => node,
    };

    /// <summary>A block's values; unknown keys are warnings.</summary>
    /// <exception cref="ConfigException">A value does not fit its key.</exception>
    public ConfigBlock Bind(MapNode node, BindContext context, string path)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var entry in node.Entries)
        {
            var key = Join(path, entry.Key);
            if (Find(entry.Key) is not { } spec)
            {
                context.Warn(ConfigWarningKind.UnknownKey, entry.At, key, $"unknown key {key}; {Remedy(entry.Key)}");
            }
            else if (!spec.Kind.TryRead(entry.Value, context, key, out var value))
            {
                throw new ConfigException(
                    entry.Value.At, key, $"{key} is {entry.Value.Describe(spec.Secret)}; expected {spec.Kind.Expected}.");
            }
            else if (spec.Kind is not IgnoredKind && (value is not null || spec.Kind is not BlockKind))
            {
                values[spec.Name] = value;
                if (context.ForCSharp && spec.NoticeForCSharp?.Invoke(value) is { } notice)
                {
                    context.Warn(ConfigWarningKind.WithoutEffect, entry.Value.At, key, $"{key}: {notice}");
                }
            }
        }

        return create(values);
    }

    /// <summary>A block with these values, which fit the keys.</summary>
    public ConfigBlock Create(Dictionary<string, object?> values) => create(values);

    private string Remedy(string unknown) =>
        NearestNames.Find(unknown, Keys.Select(key => key.Name)) is [var nearest, ..]
            ? $"did you mean {nearest}?"
            : $"the keys here are {string.Join(", ", Keys.Select(key => key.Name))}.";

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
