using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FlowerPower.Pipelines.Configuration;

/// <summary>Reads one YAML file into nodes that know their place; anchors, aliases and merge keys are resolved.</summary>
internal sealed class YamlReader
{
    /// <summary>The greatest nesting; deeper is an error, not a stack overflow.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most values in a file once its aliases are written out, so that a few lines cannot unfold into gigabytes.</summary>
    public const int MaxNodes = 100_000;

    private readonly string source;
    private readonly string text;
    private readonly Parser parser;
    private readonly List<ConfigWarning> warnings;
    private readonly Dictionary<AnchorName, ConfigNode?> anchors = [];
    private int nodes;
    private Origin last;

    private YamlReader(string text, string source, List<ConfigWarning> warnings)
    {
        this.text = text;
        this.source = source;
        this.warnings = warnings;
        parser = new Parser(new StringReader(text));
        last = new Origin(source, 1, 1);
    }

    private ParsingEvent Event => parser.Current!;

    /// <summary>The file's top block; an empty file is an empty block.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="source">The file's name, for messages.</param>
    /// <param name="warnings">Gets repeated keys.</param>
    /// <exception cref="ConfigException">The text is not YAML, is no block of keys, or is too large or too deep.</exception>
    public static MapNode Read(string text, string source, List<ConfigWarning> warnings)
    {
        var reader = new YamlReader(text, source, warnings);
        reader.Next(); // start of the stream
        reader.Next();
        if (reader.Event is StreamEnd)
        {
            return new MapNode(new Origin(source, 1, 1), []);
        }

        reader.Next(); // start of the document
        var top = reader.ReadNode("", 0);
        reader.Next(); // end of the document
        if (reader.Event is DocumentStart second)
        {
            throw new ConfigException(reader.At(second), "", "a second document starts here; keep one, without '---' between keys.");
        }

        return top switch
        {
            MapNode map => map,
            ScalarNode { Value: null } => new MapNode(top.At, []),
            _ => throw new ConfigException(top.At, "", $"the file is {top.Describe(false)}; expected keys, such as 'name: value'."),
        };
    }

    private Origin At(ParsingEvent what) => new(source, (int)what.Start.Line, (int)what.Start.Column);

    private void Next()
    {
        try
        {
            parser.MoveNext();
        }
        catch (Exception error) when (error is YamlException or InvalidOperationException)
        {
            // The parser answers some unclosed brackets with an InvalidOperationException of its own state.
            throw YamlFault.Explain(error, last, text);
        }

        last = new Origin(source, (int)Event.End.Line, (int)Event.End.Column);
    }

    /// <summary>Reads the value that starts at the current event, and moves past it.</summary>
    private ConfigNode ReadNode(string path, int depth)
    {
        var at = At(Event);
        if (depth > MaxDepth)
        {
            throw new ConfigException(at, path, $"nested more than {MaxDepth} deep; flatten it.");
        }

        if (Event is AnchorAlias alias)
        {
            Next();
            return Count(Target(alias, at, path), path);
        }

        var anchor = ((NodeEvent)Event).Anchor;
        if (!anchor.IsEmpty)
        {
            anchors[anchor] = null; // being read: an alias to it from inside has no end
        }

        ConfigNode node = Event switch
        {
            MappingStart start => ReadMap(start, path, depth),
            SequenceStart start => ReadList(start, path, depth),
            _ => ReadScalar((Scalar)Event, path),
        };
        if (!anchor.IsEmpty)
        {
            anchors[anchor] = node;
        }

        Next();
        return node;
    }

    private ConfigNode Target(AnchorAlias alias, Origin at, string path) =>
        !anchors.TryGetValue(alias.Value, out var target)
            ? throw new ConfigException(at, path, $"*{alias.Value} refers to nothing; write &{alias.Value} at the value that it repeats.")
            : target ?? throw new ConfigException(at, path, $"*{alias.Value} contains itself.");

    private ConfigNode Count(ConfigNode node, string path)
    {
        nodes += node.Size;
        return nodes <= MaxNodes
            ? node
            : throw new ConfigException(node.At, path, $"more than {MaxNodes:N0} values; move data out of the configuration.");
    }

    private ListNode ReadList(SequenceStart start, string path, int depth)
    {
        CheckTag(start, path, "seq");
        var items = new List<ConfigNode>();
        Next();
        while (Event is not SequenceEnd)
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        return new ListNode(At(start), items);
    }

    private MapNode ReadMap(MappingStart start, string path, int depth)
    {
        CheckTag(start, path, "map");
        var entries = new List<MapEntry>();
        var merged = new List<MapNode>();
        Next();
        while (Event is not MappingEnd)
        {
            var keyAt = At(Event);
            if (Event is not Scalar key)
            {
                throw new ConfigException(keyAt, path, "a key must be a plain word or text.");
            }

            Next();
            var name = key.Value;
            var value = ReadNode(Join(path, name), depth + 1);
            if (name == "<<" && key.Style == ScalarStyle.Plain)
            {
                merged.AddRange(Merged(value));
            }
            else if (entries.FindIndex(entry => entry.Key == name) is var earlier and >= 0)
            {
                warnings.Add(new ConfigWarning(
                    ConfigWarningKind.RepeatedKey, source, keyAt.Line, Join(path, name),
                    $"{Join(path, name)} is written twice (first in line {entries[earlier].At.Line}); the last one counts."));
                entries[earlier] = new MapEntry(name, keyAt, value);
            }
            else
            {
                entries.Add(new MapEntry(name, keyAt, value));
            }
        }

        // A merged block only gives what is not written here; of several, the first one that has a key gives it.
        foreach (var entry in merged.SelectMany(block => block.Entries))
        {
            if (entries.TrueForAll(own => own.Key != entry.Key))
            {
                entries.Add(entry);
            }
        }

        return new MapNode(At(start), entries);
    }

    private static IEnumerable<MapNode> Merged(ConfigNode value) => value switch
    {
        MapNode map => [map],
        ListNode list when list.Items.All(item => item is MapNode) => list.Items.Cast<MapNode>(),
        _ => throw new ConfigException(value.At, "<<", $"<< is {value.Describe(false)}; expected *name of a block, or a list of them."),
    };

    private ScalarNode ReadScalar(Scalar scalar, string path)
    {
        Count(Nothing, path);
        var at = At(scalar);
        var tag = CheckTag(scalar, path, "str", "int", "float", "bool", "null");
        try
        {
            object? value = tag switch
            {
                "str" or "!" => scalar.Value,
                "null" => null,
                null when scalar.Style != ScalarStyle.Plain => scalar.Value,
                _ => YamlScalars.Resolve(scalar.Value),
            };
            value = (tag, value) switch
            {
                ("float", long whole) => (double)whole,
                ("int", not long) or ("float", not double) or ("bool", not bool) =>
                    throw new ConfigException(at, path, $"\"{scalar.Value}\" does not fit its tag !!{tag}."),
                _ => value,
            };
            return new ScalarNode(at, value, scalar.Value, loose: false);
        }
        catch (OverflowException)
        {
            throw new ConfigException(at, path, $"{scalar.Value} is more than 64 bits can hold; quote it to keep it as text.");
        }
    }

    /// <summary>The core tag's short name, "!" for the one that says "text", null without a tag.</summary>
    private string? CheckTag(NodeEvent node, string path, params string[] allowed)
    {
        const string core = "tag:yaml.org,2002:";
        if (node.Tag.IsEmpty)
        {
            return null;
        }

        var tag = node.Tag.IsNonSpecific ? "!" : node.Tag.Value.Replace(core, "", StringComparison.Ordinal);
        return tag == "!" || allowed.Contains(tag)
            ? tag
            : throw new ConfigException(
                At(node), path, $"the tag {node.Tag.Value.Replace(core, "!!", StringComparison.Ordinal)} is not supported; remove it.");
    }

    private static readonly ScalarNode Nothing = new(default, null, "", loose: false);

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
