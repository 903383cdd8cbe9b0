using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace FlowerPower.Pipelines;

/// <summary>
/// Compiles and loads pipelines that are C# files. A compilation is kept on disk under a hash of all that it depends on: the next process that
/// loads the same sources does not even load the compiler. Safe for threads, and for processes that share the folder.
/// </summary>
/// <param name="cacheFolder">Where compilations are kept; made when needed. If it cannot be written, each process compiles for itself.</param>
public sealed class CSharpPipelineCompiler(string cacheFolder)
{
    private const string Extension = ".fpc";
    private const int KeptPerPipeline = 8;
    private const int KeyLength = 32;

    private readonly Lock compiling = new();

    /// <summary>Tells tests of each compilation.</summary>
    internal Action<string>? Compiling { get; set; }

    /// <summary>The hash under which a compilation of these files is kept: 32 hexadecimal digits.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="files">The C# files.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string KeyOf(string name, IReadOnlyList<string> files) => Hash(name, Read(files));

    /// <summary>Loads a pipeline, compiling it if its sources, this library or the runtime have changed since the last time.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="files">Its C# files; at least one.</param>
    /// <returns>The pipeline in a load context of its own; dispose it to let it go.</returns>
    /// <exception cref="PipelineCompileException">The files do not compile, or have no public static class with functions.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public CompiledPipeline Load(string name, IReadOnlyList<string> files)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (files.Count == 0)
        {
            throw new ArgumentException($"Pipeline '{name}' has no file to compile; give at least one.", nameof(files));
        }

        var sources = Read(files);
        var key = Hash(name, sources);
        var path = Path.Combine(cacheFolder, $"{FileName(name)}-{key}{Extension}");
        if (TryLoad(name, key, path) is { } cached)
        {
            return cached;
        }

        lock (compiling)
        {
            if (TryLoad(name, key, path) is { } meanwhile)
            {
                return meanwhile;
            }

            Compiling?.Invoke(name);
            var image = Compile(name, sources);
            var pipeline = new CompiledPipeline(name, key, image, fromCache: false);
            ThrowIfEmpty(pipeline, files);
            if (Keep(name, image, path) is { } warning)
            {
                pipeline.Warnings = [.. pipeline.Warnings, warning];
            }

            return pipeline;
        }
    }

    private static CompiledPipeline? TryLoad(string name, string key, string path)
    {
        try
        {
            return CompiledImage.TryRead(path) is { } image ? new CompiledPipeline(name, key, image, fromCache: true) : null;
        }
        catch (Exception error) when (error is BadImageFormatException or FileLoadException or TypeLoadException or FileNotFoundException)
        {
            return null; // the checksum is right and yet it does not load, say after a downgrade: compile anew
        }
    }

    // Not inlined: the runtime would look for the compiler's assemblies when it compiles the caller, also if the cache answers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CompiledImage Compile(string name, IReadOnlyList<(string Path, byte[] Content)> sources) =>
        RoslynCompilation.Compile(name, sources);

    private static void ThrowIfEmpty(CompiledPipeline pipeline, IReadOnlyList<string> files)
    {
        if (pipeline.Module.Functions.Count > 0)
        {
            return;
        }

        pipeline.Dispose();
        throw new PipelineCompileException(
            pipeline.Name,
            [$"{string.Join(", ", files)}: there is no public static class with a public static method; such methods are a pipeline's nodes."]);
    }

    private string? Keep(string name, CompiledImage image, string path)
    {
        try
        {
            image.Write(path);
            foreach (var old in new DirectoryInfo(cacheFolder).EnumerateFiles($"{FileName(name)}-*{Extension}")
                .OrderByDescending(file => file.LastWriteTimeUtc)
                .Skip(KeptPerPipeline))
            {
                old.Delete();
            }

            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"The compilation could not be kept, so the next start compiles again: {error.Message}";
        }
    }

    private static List<(string Path, byte[] Content)> Read(IReadOnlyList<string> files) =>
        [.. files.Select(file => (Path.GetFullPath(file), File.ReadAllBytes(file)))];

    private static string Hash(string name, IReadOnlyList<(string Path, byte[] Content)> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(name));
        foreach (var (path, content) in sources)
        {
            Append(hash, Encoding.UTF8.GetBytes(path)); // stack traces show it
            Append(hash, content);
        }

        // Both change with every build of this library, of the compiler under it, and of the runtime.
        Append(hash, typeof(CSharpPipelineCompiler).Module.ModuleVersionId.ToByteArray());
        Append(hash, Encoding.UTF8.GetBytes(Environment.Version.ToString()));
        // An application's own types may be used too.
        Append(hash, Assembly.GetEntryAssembly()?.ManifestModule.ModuleVersionId.ToByteArray() ?? []);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, KeyLength / 2));
    }

    private static void Append(IncrementalHash hash, byte[] part)
    {
        hash.AppendData(BitConverter.GetBytes(part.Length));
        hash.AppendData(part);
    }

    private static string FileName(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
}
