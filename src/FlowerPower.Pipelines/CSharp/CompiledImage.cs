using System.Security.Cryptography;
using System.Text;

namespace FlowerPower.Pipelines;

/// <summary>What the compiler made of a pipeline. One file in the cache, so that its parts cannot be of different age, under a checksum.</summary>
/// <param name="Assembly">The assembly.</param>
/// <param name="Pdb">Its portable debug information: files and lines.</param>
/// <param name="Xml">Its XML documentation.</param>
/// <param name="Warnings">The compiler's warnings, <c>file(line,column): message</c> each; may be empty.</param>
internal sealed record CompiledImage(byte[] Assembly, byte[] Pdb, string Xml, IReadOnlyList<string> Warnings)
{
    private const int ChecksumLength = SHA256.HashSizeInBytes;

    /// <summary>Reads an image; null if it is not there, or not as it was written.</summary>
    public static CompiledImage? TryRead(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length < ChecksumLength
                || !SHA256.HashData(bytes.AsSpan(ChecksumLength)).AsSpan().SequenceEqual(bytes.AsSpan(0, ChecksumLength)))
            {
                return null;
            }

            using var reader = new BinaryReader(new MemoryStream(bytes, ChecksumLength, bytes.Length - ChecksumLength));
            var (assembly, pdb, xml, warnings) = (ReadPart(reader), ReadPart(reader), ReadText(reader), ReadText(reader));
            return new CompiledImage(assembly, pdb, xml, warnings.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the image beside its place and moves it there, so that another process sees all of it or nothing.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public void Write(string path)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        foreach (var part in (byte[][])[Assembly, Pdb, Encoding.UTF8.GetBytes(Xml), Encoding.UTF8.GetBytes(string.Join('\n', Warnings))])
        {
            writer.Write(part.Length);
            writer.Write(part);
        }

        writer.Flush();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            File.WriteAllBytes(beside, [.. SHA256.HashData(content.ToArray()), .. content.ToArray()]);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    private static string ReadText(BinaryReader reader) => Encoding.UTF8.GetString(ReadPart(reader));

    private static byte[] ReadPart(BinaryReader reader) => reader.ReadBytes(reader.ReadInt32());
}
