using FlowerPower.Pipelines.Projects;

namespace FlowerPower.Pipelines.Running;

/// <summary>A pipeline's C# file as it is loaded now. Each run asks anew, so that a process that runs for days takes up what was edited.</summary>
internal sealed class CodeFile(string name, string path)
{
    private readonly Lock gate = new();
    private CompiledPipeline? loaded;
    private FileStamp? stamp; // taken before what is loaded was read

    /// <summary>The file's functions as they stand on disk.</summary>
    /// <param name="compiler">Compiles and loads.</param>
    /// <param name="reload">Load anew even if nothing has changed, which starts static fields afresh.</param>
    /// <param name="warnings">Gets the compiler's warnings if the file is loaded by this call.</param>
    /// <exception cref="PipelineCompileException">It does not compile. What was loaded before is not used in its place: it is not what the file says.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public PipelineModule Load(CSharpPipelineCompiler compiler, bool reload, List<string> warnings)
    {
        lock (gate)
        {
            var before = FileStamp.Of(path);
            if (loaded is not null && !reload && ((before is not null && before == stamp) || loaded.Key == CSharpPipelineCompiler.KeyOf(name, [path])))
            {
                stamp = before;
                return loaded.Module;
            }

            var fresh = compiler.Load(name, [path]);
            stamp = before;
            warnings.AddRange(fresh.Warnings);

            // Runs under way keep what they began with: the runtime lets the old code go when the last of them has ended.
            loaded?.Dispose();
            loaded = fresh;
            return fresh.Module;
        }
    }
}
