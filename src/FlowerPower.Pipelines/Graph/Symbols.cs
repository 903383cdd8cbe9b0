using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace FlowerPower.Pipelines;

/// <summary>What a compiler wrote down about methods beside their code. Read only when somebody asks.</summary>
internal interface ISymbols
{
    /// <summary>The method's XML summary as plain text, or null.</summary>
    string? SummaryOf(MethodInfo method);

    /// <summary>Where the method's body starts, or null.</summary>
    SourceLocation? LocationOf(MethodInfo method);
}

/// <summary>The symbols of an assembly that lies on disk: its .pdb and .xml files beside it.</summary>
internal sealed class AssemblyFileSymbols(Assembly assembly) : ISymbols
{
    private readonly Lazy<XmlSummaries> summaries = new(() => XmlSummaries.FromFile(Path.ChangeExtension(assembly.Location, ".xml")));

    public string? SummaryOf(MethodInfo method) => summaries.Value.Of(method);

    public SourceLocation? LocationOf(MethodInfo method)
    {
        if (assembly.Location.Length == 0 || !File.Exists(assembly.Location))
        {
            return null;
        }

        try
        {
            using var image = new PEReader(File.OpenRead(assembly.Location));
            if (!image.TryOpenAssociatedPortablePdb(assembly.Location, path => File.Exists(path) ? File.OpenRead(path) : null, out var pdb, out _))
            {
                return null;
            }

            using (pdb)
            {
                return PdbLines.Find(pdb!.GetMetadataReader(), method);
            }
        }
        catch (Exception error) when (error is IOException or BadImageFormatException)
        {
            return null; // a location is a courtesy; a broken .pdb must not break a picture
        }
    }
}

/// <summary>The symbols of a pipeline that was compiled here, from memory.</summary>
internal sealed class MemorySymbols(byte[] pdb, string xml) : ISymbols
{
    private readonly Lazy<XmlSummaries> summaries = new(() => XmlSummaries.FromText(xml));

    public string? SummaryOf(MethodInfo method) => summaries.Value.Of(method);

    public SourceLocation? LocationOf(MethodInfo method)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(pdb));
        return PdbLines.Find(provider.GetMetadataReader(), method);
    }
}

/// <summary>Finds a method's first line in a portable .pdb.</summary>
internal static class PdbLines
{
    public static SourceLocation? Find(MetadataReader pdb, MethodInfo method)
    {
        var handle = MetadataTokens.MethodDefinitionHandle(method.MetadataToken);
        return Visible(pdb, handle)
            // An async method or an iterator has its lines in the state machine that the compiler made of it.
            ?? pdb.MethodDebugInformation
                .Where(info => pdb.GetMethodDebugInformation(info).GetStateMachineKickoffMethod() == handle)
                .Select(info => Visible(pdb, info.ToDefinitionHandle()))
                .FirstOrDefault(location => location is not null);
    }

    private static SourceLocation? Visible(MetadataReader pdb, MethodDefinitionHandle method)
    {
        foreach (var point in pdb.GetMethodDebugInformation(method.ToDebugInformationHandle()).GetSequencePoints())
        {
            if (!point.IsHidden)
            {
                return new SourceLocation(pdb.GetString(pdb.GetDocument(point.Document).Name), point.StartLine);
            }
        }

        return null;
    }
}
