using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>Reads functions into drafts of nodes: parameterizations and extracted fields spelled out.</summary>
internal sealed class DraftReader(IReadOnlyDictionary<string, object?> parameters, List<string> problems)
{
    private const string SourcePrefix = "source:";
    private const string ValuePrefix = "value:";

    public IReadOnlyList<NodeDraft> Read(NodeFunction function)
    {
        if (function.Flaw() is { } flaw)
        {
            problems.Add(flaw);
            return [];
        }

        var body = new MethodBody(function.Method);
        var type = MethodBody.ValueOf(function.Method);
        if (function.Method.GetParameters().Any(p => p.IsDefined(typeof(EachAttribute))))
        {
            type = typeof(IReadOnlyList<>).MakeGenericType(type);
        }

        var template = new NodeDraft(function.Name, type, function, body) { Checks = OutputCheck.Of(function, problems) };
        var drafts = Parameterized(template) ?? [template];
        return [.. drafts, .. drafts.SelectMany(Fields)];
    }

    private List<NodeDraft>? Parameterized(NodeDraft template)
    {
        var method = template.Function.Method;
        var drafts = new List<NodeDraft>();
        var attributes = method.GetCustomAttributes<ParameterizeAttribute>().ToList();
        foreach (var attribute in attributes)
        {
            drafts.Add(template with { Name = attribute.Node, Bindings = FromAttribute(template.Function, attribute) });
        }

        var from = method.GetCustomAttribute<ParameterizeFromAttribute>();
        if (from is not null)
        {
            drafts.AddRange(FromParams(template, from.Key));
        }

        foreach (var draft in drafts.Where(draft => !NodeNames.IsValid(draft.Name)))
        {
            problems.Add($"'{draft.Name}' (from {draft.Function.Place}) is no name for a node; use letters, digits and underscores.");
        }

        return attributes.Count == 0 && from is null ? null : drafts;
    }

    private Dictionary<string, Binding> FromAttribute(NodeFunction function, ParameterizeAttribute attribute)
    {
        var bindings = new Dictionary<string, Binding>();
        foreach (var text in attribute.Bindings)
        {
            var cut = text.IndexOf('=', StringComparison.Ordinal);
            if (cut < 0)
            {
                problems.Add(
                    $"Node '{attribute.Node}' of {function.Place}: '{text}' is no binding; write \"parameter=value\" or \"parameter=source:node\".");
            }
            else if (ParameterOf(function, attribute.Node, text[..cut].Trim()) is { } parameter)
            {
                bindings[parameter] = Explicit(text[(cut + 1)..]) ?? new Binding.Text(text[(cut + 1)..]);
            }
        }

        return bindings;
    }

    private IEnumerable<NodeDraft> FromParams(NodeDraft template, string key)
    {
        var function = template.Function;
        if (!parameters.TryGetValue(key, out var entry))
        {
            problems.Add(
                $"{function.Place} takes its nodes from the params entry '{key}', which is not there; "
                + $"add it to the pipeline's params block.{NodeNames.DidYouMean(key, parameters.Keys)}");
            return [];
        }

        if (PlainValue.AsDictionary(entry) is not { } nodes)
        {
            problems.Add(
                $"The params entry '{key}', from which {function.Place} takes its nodes, is {PlainValue.Show(entry)}; write {{node: {{parameter: value}}}}.");
            return [];
        }

        // FlowerPower's own form has the entry as the node: its keys are then parameters.
        var isOneNode = nodes.Count > 0 && nodes.Keys.All(name => FindParameter(function, name) is not null);
        return isOneNode ? [FromEntry(template, key, key, nodes)] : nodes.Select(node => FromEntry(template, key, node.Key, node.Value)).ToList();
    }

    private NodeDraft FromEntry(NodeDraft template, string entry, string node, object? values)
    {
        var bindings = new Dictionary<string, Binding>();
        if (PlainValue.AsDictionary(values) is not { } named)
        {
            problems.Add(
                $"Node '{node}' of the params entry '{entry}' is {PlainValue.Show(values)}; write {{parameter: value}}."
                + $"{NodeNames.DidYouMean(node, ParametersOf(template.Function))}");
            return template with { Name = node };
        }

        foreach (var (name, value) in named)
        {
            if (ParameterOf(template.Function, node, name) is { } parameter)
            {
                bindings[parameter] = (PlainValue.Unwrap(value) is string text ? Explicit(text) : null) ?? new Binding.Param(entry, value);
            }
        }

        return template with { Name = node, Bindings = bindings };
    }

    private List<NodeDraft> Fields(NodeDraft whole)
    {
        var drafts = new List<NodeDraft>();
        if (whole.Function.Method.GetCustomAttribute<ExtractFieldsAttribute>() is not { } extract)
        {
            return drafts;
        }

        for (var i = 0; i < extract.Fields.Count; i++)
        {
            var field = extract.Fields[i];
            if (FieldReader.Create(whole.Type, whole.Function.Method, extract.Fields, i, out var reader) is { } problem)
            {
                problems.Add($"{whole.Function.Place}: {problem}");
            }
            else
            {
                var body = new FieldBody(field, reader!.Read);
                drafts.Add(new NodeDraft(field, reader.Type, whole.Function, body) { Field = field, Parent = whole.Name });
            }
        }

        return drafts;
    }

    private string? ParameterOf(NodeFunction function, string node, string name)
    {
        var parameter = FindParameter(function, name);
        if (parameter is null)
        {
            problems.Add(
                $"Node '{node}' binds '{name}', which {function.Place} does not have as a parameter."
                + $"{NodeNames.DidYouMean(name, ParametersOf(function))}");
        }

        return parameter;
    }

    private static string? FindParameter(NodeFunction function, string name) =>
        function.Method.GetParameters().Select(p => p.Name!).FirstOrDefault(p => p == name || NodeNames.Snake(p) == NodeNames.Snake(name));

    private static IEnumerable<string> ParametersOf(NodeFunction function) =>
        function.Method.GetParameters().Select(p => NodeNames.Snake(p.Name!));

    private static Binding? Explicit(string text) =>
        text.StartsWith(SourcePrefix, StringComparison.Ordinal) ? new Binding.Source(text[SourcePrefix.Length..])
        : text.StartsWith(ValuePrefix, StringComparison.Ordinal) ? new Binding.Text(text[ValuePrefix.Length..])
        : null;
}
