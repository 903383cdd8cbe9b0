using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>A named set of functions: a compiled pipeline file, or types of an application's own assembly.</summary>
public sealed class PipelineModule
{
    private PipelineModule(string name, IEnumerable<Type> types, Func<Assembly, ISymbols> symbols)
    {
        Name = name;
        Functions = [.. types.SelectMany(type => NodeFunction.Of(this, type, symbols(type.Assembly)))];
    }

    /// <summary>The module's name, as messages and pictures show it.</summary>
    public string Name { get; }

    internal IReadOnlyList<NodeFunction> Functions { get; }

    /// <summary>Takes the public static methods of some types as nodes.</summary>
    /// <param name="name">The module's name; usually the pipeline's.</param>
    /// <param name="types">The types, in the order in which pictures and messages name their nodes; at least one.</param>
    /// <exception cref="ArgumentException">No type is given, or a type is generic.</exception>
    public static PipelineModule FromTypes(string name, params Type[] types)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (types.Length == 0)
        {
            throw new ArgumentException($"Module '{name}' needs at least one type; give the static classes that hold its functions.", nameof(types));
        }

        if (types.FirstOrDefault(type => type.IsGenericTypeDefinition) is { } open)
        {
            throw new ArgumentException($"{TypeNames.Of(open)} is generic; a module's functions live in plain classes.", nameof(types));
        }

        return new PipelineModule(name, types, assembly => new AssemblyFileSymbols(assembly));
    }

    /// <summary>Takes the public static classes of an assembly compiled from pipeline files.</summary>
    internal static PipelineModule FromAssembly(string name, Assembly assembly, ISymbols symbols) =>
        new(name, assembly.GetExportedTypes().Where(IsPlainStaticClass), _ => symbols);

    private static bool IsPlainStaticClass(Type type) =>
        type is { IsAbstract: true, IsSealed: true, IsNested: false, ContainsGenericParameters: false };
}
