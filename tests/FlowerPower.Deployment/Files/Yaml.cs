using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace FlowerPower.Deployment.Files;

/// <summary>A value of a YAML file, with anchors and merge keys resolved; what is not there is nothing.</summary>
internal sealed class Yaml(object? value)
{
    /// <summary>The documents of a file.</summary>
    public static IReadOnlyList<Yaml> Documents(string text)
    {
        var parser = new MergingParser(new Parser(new StringReader(text)));
        var reader = new DeserializerBuilder().Build();
        var documents = new List<Yaml>();
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            documents.Add(new Yaml(reader.Deserialize<object?>(parser)));
        }

        return documents;
    }

    public Yaml this[string key] => new(value is IDictionary map && map.Contains(key) ? map[key] : null);

    public bool IsThere => value is not null;

    /// <summary>The text of a scalar.</summary>
    public string Text => value as string ?? throw new InvalidDataException($"Expected a text, found {value?.GetType().Name ?? "nothing"}.");

    public string? TextOrNull => value as string;

    public int Number => int.Parse(Text, CultureInfo.InvariantCulture);

    public IEnumerable<Yaml> Items => ((value as IList)?.Cast<object?>() ?? []).Select(item => new Yaml(item));

    public IEnumerable<KeyValuePair<string, Yaml>> Entries =>
        ((value as IDictionary<object, object?>) ?? new Dictionary<object, object?>()).Select(entry => KeyValuePair.Create((string)entry.Key, new Yaml(entry.Value)));

    public string[] Texts => [.. Items.Select(item => item.Text)];

    /// <summary>A length such as 75s.</summary>
    public TimeSpan Length => Text[^1] == 's'
        ? TimeSpan.FromSeconds(double.Parse(Text[..^1], CultureInfo.InvariantCulture))
        : throw new InvalidDataException($"'{Text}' is no length in seconds.");
}

/// <summary>Variables in a file, as Docker Compose has them: <c>${NAME}</c> and <c>${NAME:-default}</c>.</summary>
internal static partial class Variables
{
    public static string Expand(string text, IReadOnlyDictionary<string, string> environment) => Pattern().Replace(
        text,
        match => environment.TryGetValue(match.Groups["name"].Value, out var value) && value.Length > 0 ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw new InvalidDataException($"{match.Value} has no value."));

    [GeneratedRegex(@"\$\{(?<name>\w+)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Pattern();
}
