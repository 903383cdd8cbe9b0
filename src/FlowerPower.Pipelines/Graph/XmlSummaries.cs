using System.Reflection;
using System.Xml;
using System.Xml.Linq;

namespace FlowerPower.Pipelines;

/// <summary>The summaries in a compiler's XML documentation.</summary>
internal sealed class XmlSummaries
{
    private readonly Dictionary<(string Method, int Parameters), string> summaries = [];

    private XmlSummaries(XDocument? document)
    {
        foreach (var member in document?.Descendants("member") ?? [])
        {
            var id = member.Attribute("name")?.Value ?? "";
            if (id.StartsWith("M:", StringComparison.Ordinal) && member.Element("summary") is { } summary)
            {
                var end = id.IndexOf('(', StringComparison.Ordinal);
                summaries[(id[2..(end < 0 ? id.Length : end)], end < 0 ? 0 : CountParameters(id[end..]))] = Text(summary);
            }
        }
    }

    public static XmlSummaries FromText(string xml) => new(xml.Length == 0 ? null : XDocument.Parse(xml));

    /// <summary>A missing or broken file has no summaries: they are a courtesy.</summary>
    public static XmlSummaries FromFile(string path)
    {
        try
        {
            return new(File.Exists(path) ? XDocument.Load(path) : null);
        }
        catch (Exception error) when (error is XmlException or IOException or UnauthorizedAccessException)
        {
            return new(null);
        }
    }

    /// <summary>Overloads are told apart by how many parameters they have; that is enough for methods with different node names.</summary>
    public string? Of(MethodInfo method) =>
        summaries.GetValueOrDefault(($"{method.DeclaringType!.FullName!.Replace('+', '.')}.{method.Name}", method.GetParameters().Length));

    private static string Text(XElement summary)
    {
        // <see cref="T:X.Y"/> and <paramref name="z"/> have no text of their own: show the last part of the name.
        var parts = summary.DescendantNodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { IsEmpty: true } element => element.Attributes().FirstOrDefault()?.Value.Split('(')[0].Split(':', '.')[^1] ?? "",
            _ => "",
        });
        return string.Join(' ', string.Concat(parts).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static int CountParameters(string list)
    {
        var (depth, count) = (0, 1);
        foreach (var letter in list)
        {
            depth += letter switch { '{' or '[' => 1, '}' or ']' => -1, _ => 0 };
            count += letter == ',' && depth == 0 ? 1 : 0;
        }

        return count;
    }
}
