using System.Reflection;
using System.Runtime.Loader;

namespace FlowerPower.Pipelines.Tests;

public sealed class CompilerIsNotLoadedTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_cached_pipeline_is_loaded_without_loading_the_compiler()
    {
        var file = folder.Write("p.cs", "public static class P { public static int X() => 1; }");

        Assert.Contains("Microsoft.CodeAnalysis.CSharp", AssembliesAskedForByLoading(file));
        Assert.DoesNotContain(AssembliesAskedForByLoading(file), name => name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
    }

    /// <summary>Loads the pipeline with a copy of the library of its own, which asks for each assembly that it touches.</summary>
    private List<string> AssembliesAskedForByLoading(string file)
    {
        var copy = new LibraryCopy();
        var library = copy.LoadFromAssemblyPath(typeof(CSharpPipelineCompiler).Assembly.Location);
        var type = library.GetType(typeof(CSharpPipelineCompiler).FullName!)!;
        using var pipeline = (IDisposable)type.GetMethod("Load")!.Invoke(Activator.CreateInstance(type, folder.Cache), ["p", (string[])[file]])!;
        copy.Unload();
        return copy.AskedFor;
    }

    private sealed class LibraryCopy() : AssemblyLoadContext(isCollectible: true)
    {
        public List<string> AskedFor { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            AskedFor.Add(assemblyName.Name!);
            return null;
        }
    }
}
