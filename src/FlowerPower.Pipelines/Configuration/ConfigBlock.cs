using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>
/// A block of configuration that knows which of its keys were set. That a key was set counts, not whether its value differs from the
/// default: a call that asks for the default wins over a file that asks for something else.
/// </summary>
/// <remarks>Two blocks are equal if the same keys are set to the same content.</remarks>
public abstract record ConfigBlock
{
    private readonly Dictionary<string, object?> values;

    private protected ConfigBlock(BlockSchema schema, Dictionary<string, object?>? values = null)
    {
        Schema = schema;
        this.values = values ?? new Dictionary<string, object?>(StringComparer.Ordinal);
    }

    /// <summary>A copy, for <c>with</c> expressions.</summary>
    protected ConfigBlock(ConfigBlock original)
    {
        Schema = original.Schema;
        values = new Dictionary<string, object?>(original.values, StringComparer.Ordinal);
    }

    internal BlockSchema Schema { get; }

    /// <summary>The keys that were set, in the documented order; as they are written in YAML, may be empty.</summary>
    public IReadOnlyList<string> SetKeys => [.. Schema.Keys.Select(key => key.Name).Where(values.ContainsKey)];

    /// <summary>A key's value: what was set, else its default.</summary>
    /// <param name="key">As it is written in YAML, such as <c>max_workers</c>.</param>
    /// <exception cref="KeyNotFoundException">The block has no such key.</exception>
    public object? this[string key]
    {
        get
        {
            var spec = Schema.Find(key) ?? throw new KeyNotFoundException(
                $"There is no key '{key}' here; the keys are {string.Join(", ", Schema.Keys.Select(known => known.Name))}.");
            return values.TryGetValue(spec.Name, out var value) ? value : spec.Default;
        }
    }

    /// <summary>Was this key set, be it to its default?</summary>
    public bool IsSet(string key) => values.ContainsKey(key);

    private protected T Get<T>(string key) => (T)this[key]!;

    private protected void Set(string key, object? given)
    {
        var spec = Schema.Find(key)!;
        if (!spec.Kind.TryAccept(given, out var value))
        {
            var found = spec.Secret ? "does not fit" : given is string text ? $"is \"{text}\"" : $"is {Words(given)}";
            throw new ArgumentException($"{key} {found}; expected {spec.Kind.Expected}.", key);
        }

        values[key] = value;
    }

    /// <summary>These values where they are set, else those of another block of the same schema.</summary>
    internal ConfigBlock Over(ConfigBlock lower)
    {
        var merged = new Dictionary<string, object?>(lower.values, StringComparer.Ordinal);
        foreach (var (key, value) in values)
        {
            merged[key] = lower.values.TryGetValue(key, out var beneath) ? Schema.Find(key)!.Kind.Merge(value, beneath) : value;
        }

        return Schema.Create(merged);
    }

    /// <summary>The set keys as plain data, by their YAML names; freshly made, lengths of time in seconds.</summary>
    /// <exception cref="NotSupportedException">A value cannot be plain data; the message names it.</exception>
    public Dictionary<string, object?> ToDictionary() => ToPlain("");

    private Dictionary<string, object?> ToPlain(string path) =>
        SetKeys.ToDictionary(key => key, key => values[key] switch
        {
            ConfigBlock block => block.ToPlain($"{path}{key}."),
            TimeSpan length => length.TotalSeconds,
            var other => PlainValues.From(other, path + key),
        }, StringComparer.Ordinal);

    private protected void Write(Utf8JsonWriter writer) => PlainJson.Write(writer, ToPlain(""));

    /// <inheritdoc/>
    public virtual bool Equals(ConfigBlock? other) =>
        other is not null && Schema == other.Schema && PlainValues.Same(values, other.values);

    /// <inheritdoc/>
    public override int GetHashCode() => SetKeys.Aggregate(0, HashCode.Combine);

    /// <summary>The set keys in one line, for logs; passwords and keys are left out.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder("{ ");
        foreach (var key in SetKeys)
        {
            text.Append(key).Append(" = ").Append(Schema.Find(key)!.Secret ? "***" : Words(values[key])).Append("; ");
        }

        return text.Append('}').ToString();
    }

    private static string Words(object? value) => value switch
    {
        null => "null",
        string[] texts => $"[{string.Join(", ", texts)}]",
        IReadOnlyDictionary<string, object?> map => $"{{{string.Join(", ", map.Keys)}}}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

/// <summary>A block that is checked like the others but has no properties of its own: read it by key.</summary>
public sealed record ConfigSection : ConfigBlock
{
    internal ConfigSection(BlockSchema schema, Dictionary<string, object?> values) : base(schema, values)
    {
    }
}
