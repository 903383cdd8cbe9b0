using System.Reflection;
using System.Runtime.Loader;

namespace FlowerPower.Pipelines;

/// <summary>A pipeline's functions, loaded from C# files. Disposing lets the code go once no graph, plan or value of it is held any more.</summary>
public sealed class CompiledPipeline : IDisposable
{
    private readonly LoadContext context;

    internal CompiledPipeline(string name, string key, CompiledImage image, bool fromCache)
    {
        (Name, Key, FromCache, Warnings) = (name, key, fromCache, image.Warnings);
        context = new LoadContext($"pipeline {name}");
        // From memory: the file stays free to be replaced or deleted while its code runs.
        var assembly = context.LoadFromStream(new MemoryStream(image.Assembly), new MemoryStream(image.Pdb));
        Module = PipelineModule.FromAssembly(name, assembly, new MemorySymbols(image.Pdb, image.Xml));
    }

    /// <summary>The pipeline's name.</summary>
    public string Name { get; }

    /// <summary>
    /// Changes with the sources and whatever else the compilation depends on; compare it with <see cref="CSharpPipelineCompiler.KeyOf"/>.
    /// </summary>
    public string Key { get; }

    /// <summary>True if the compiler had nothing to do.</summary>
    public bool FromCache { get; }

    /// <summary>The compiler's warnings, <c>file(line,column): message</c> each; may be empty.</summary>
    public IReadOnlyList<string> Warnings { get; internal set; }

    /// <summary>The functions, for <see cref="FunctionGraph.Build"/>.</summary>
    public PipelineModule Module { get; }

    internal AssemblyLoadContext Context => context;

    /// <summary>Unloads the code as soon as nothing of it runs or is held.</summary>
    public void Dispose()
    {
        if (!context.IsUnloading)
        {
            context.IsUnloading = true;
            context.Unload();
            JsonCaches.Forget();
        }
    }

    private sealed class LoadContext(string name) : AssemblyLoadContext(name, isCollectible: true)
    {
        public bool IsUnloading { get; set; }

        /// <summary>The attributes must be the very types that the graph looks for, wherever this assembly itself was loaded.</summary>
        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name == typeof(LoadContext).Assembly.GetName().Name ? typeof(LoadContext).Assembly : null;
    }
}
