using System.ComponentModel;
using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>A method that an author wrote as a node, or as one variant of it, or as the template of several.</summary>
internal sealed class NodeFunction
{
    private readonly ISymbols symbols;

    private NodeFunction(PipelineModule module, MethodInfo method, ISymbols symbols)
    {
        (Module, Method, this.symbols) = (module, method, symbols);
        Name = method.GetCustomAttribute<NodeAttribute>()?.Name ?? NodeNames.Snake(NodeNames.WithoutVariant(method.Name));
        Conditions = [.. method.GetCustomAttributes<ConfigConditionAttribute>()];
        var tags = new Dictionary<string, string>();
        foreach (var tag in method.GetCustomAttributes<TagAttribute>())
        {
            tags[tag.Key] = tag.Value;
        }

        Tags = tags;
    }

    public PipelineModule Module { get; }

    public MethodInfo Method { get; }

    public string Name { get; }

    public IReadOnlyList<ConfigConditionAttribute> Conditions { get; }

    public IReadOnlyDictionary<string, string> Tags { get; }

    /// <summary>The method as messages name it.</summary>
    public string Place => $"{Method.DeclaringType!.Name}.{Method.Name}";

    public string? Description =>
        Method.GetCustomAttribute<DescriptionAttribute>()?.Description ?? symbols.SummaryOf(Method);

    public SourceLocation? Source => symbols.LocationOf(Method);

    /// <summary>The public static methods of a type that are meant as nodes, in the order of the source.</summary>
    public static IEnumerable<NodeFunction> Of(PipelineModule module, Type type, ISymbols symbols) =>
        type.IsDefined(typeof(ExcludeAttribute))
            ? []
            : type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(method => !method.IsSpecialName && !method.Name.StartsWith('_') && !method.IsDefined(typeof(ExcludeAttribute)))
                .OrderBy(method => method.MetadataToken)
                .Select(method => new NodeFunction(module, method, symbols));

    /// <summary>What keeps the method from being a node; null if nothing does.</summary>
    public string? Flaw()
    {
        const string remedy = "; change it, or make the method private or [Exclude] it";
        if (!NodeNames.IsValid(Name))
        {
            return $"'{Name}' ({Place}) is no name for a node; use letters, digits and underscores.";
        }

        if (Method.IsGenericMethodDefinition)
        {
            return $"{Place} is generic, which a node cannot be{remedy}.";
        }

        var returned = Method.ReturnType;
        if (returned == typeof(void) || returned == typeof(Task) || returned == typeof(ValueTask))
        {
            return $"{Place} returns nothing, but a node is its value{remedy}.";
        }

        if (returned.IsByRef || returned.IsByRefLike || returned.IsPointer)
        {
            return $"{Place} returns {TypeNames.Of(returned)}, which cannot be kept as a value{remedy}.";
        }

        if (Method.GetParameters().FirstOrDefault(p => p.ParameterType.IsByRef || p.ParameterType.IsByRefLike || p.ParameterType.IsPointer) is { } flawed)
        {
            var kind = flawed.ParameterType.IsByRef ? "passed by reference" : TypeNames.Of(flawed.ParameterType);
            return $"Parameter '{flawed.Name}' of {Place} is {kind}, which a node's parameter cannot be{remedy}.";
        }

        return Method.GetParameters().Count(p => p.IsDefined(typeof(EachAttribute))) > 1
            ? $"{Place} has more than one [Each] parameter; keep one, and combine the sequences in a node before it."
            : null;
    }
}
