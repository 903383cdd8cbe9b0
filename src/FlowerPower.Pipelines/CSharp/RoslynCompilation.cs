using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace FlowerPower.Pipelines;

/// <summary>The only code that knows the compiler. Touching it loads tens of megabytes: ask the cache first.</summary>
internal static class RoslynCompilation
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using FlowerPower.Pipelines;
        global using DescriptionAttribute = System.ComponentModel.DescriptionAttribute;
        """;

    public static CompiledImage Compile(string name, IReadOnlyList<(string Path, byte[] Content)> sources)
    {
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest).WithDocumentationMode(DocumentationMode.Parse);
        var trees = sources.Select(source => CSharpSyntaxTree.ParseText(
            SourceText.From(new MemoryStream(source.Content), Encoding.UTF8), options, source.Path)).ToList();
        FindDirectives(name, trees);

        var compilation = CSharpCompilation.Create(
            $"Pipeline.{name}",
            trees.Prepend(CSharpSyntaxTree.ParseText(ImplicitUsings, options)),
            References(name),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable,
                deterministic: true,
                // "Assuming assembly reference matches": the application's own packages may be newer than those they were built against.
                specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]));

        var (assembly, pdb, xml) = (new MemoryStream(), new MemoryStream(), new MemoryStream());
        var emitted = compilation.Emit(assembly, pdb, xml, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        if (!emitted.Success)
        {
            throw new PipelineCompileException(name, Lines(emitted.Diagnostics, DiagnosticSeverity.Error));
        }

        return new CompiledImage(
            assembly.ToArray(),
            pdb.ToArray(),
            Encoding.UTF8.GetString(xml.ToArray()).TrimStart('\uFEFF'),
            Lines(emitted.Diagnostics, DiagnosticSeverity.Warning));
    }

    /// <summary>A file-based program may name packages; here they would have to be fetched on every worker.</summary>
    private static void FindDirectives(string name, IReadOnlyList<SyntaxTree> trees)
    {
        var errors = trees
            .SelectMany(tree => tree.GetRoot().DescendantTrivia().Where(trivia => trivia.IsKind(SyntaxKind.IgnoredDirectiveTrivia)))
            .Select(trivia =>
                $"{Place(trivia.GetLocation())}: '{trivia.ToString().Trim()}' is not supported in a pipeline file; "
                + "reference the package in an application and register the pipeline's types there.")
            .ToList();
        if (errors.Count > 0)
        {
            throw new PipelineCompileException(name, errors);
        }
    }

    private static List<MetadataReference> References(string name)
    {
        if (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is not string { Length: > 0 } list)
        {
            throw new PipelineCompileException(name,
                ["this program was published as a single file, which leaves the compiler nothing to refer to; publish it without PublishSingleFile."]);
        }

        var paths = list.Split(Path.PathSeparator).Where(File.Exists).ToList();
        var own = typeof(PipelineModule).Assembly.Location;
        if (own.Length > 0 && !paths.Any(path => Path.GetFileName(path) == Path.GetFileName(own)))
        {
            paths.Add(own);
        }

        return [.. paths.Select(path => MetadataReference.CreateFromFile(path))];
    }

    private static List<string> Lines(IEnumerable<Diagnostic> diagnostics, DiagnosticSeverity severity) =>
        [.. diagnostics
            .Where(diagnostic => diagnostic.Severity == severity)
            .OrderBy(diagnostic => diagnostic.Location.SourceTree?.FilePath, StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .Select(diagnostic => $"{Place(diagnostic.Location)}: {TextOf(diagnostic)} ({diagnostic.Id})")];

    private static string TextOf(Diagnostic diagnostic) => diagnostic.GetMessage(CultureInfo.InvariantCulture).ReplaceLineEndings(" ");

    private static string Place(Location location)
    {
        var at = location.GetLineSpan();
        return at.Path.Length == 0 ? "(whole pipeline)" : $"{at.Path}({at.StartLinePosition.Line + 1},{at.StartLinePosition.Character + 1})";
    }
}
