using System.Text.Json;

namespace FlowerPower.Cli.Rendering;

/// <summary>Prints what a run returned.</summary>
internal static class Results
{
    /// <param name="utf8Json">An object by node name.</param>
    public static void Print(Output output, ReadOnlyMemory<byte> utf8Json)
    {
        using var document = JsonDocument.Parse(utf8Json, new JsonDocumentOptions { MaxDepth = 256 });
        var nodes = document.RootElement.EnumerateObject().Select(node => KeyValuePair.Create(node.Name, node.Value));
        if (output.IsJson)
        {
            output.Json(json => JobJson.Write(json, nodes));
            return;
        }

        output.Text(string.Join('\n', ResultText.Lines(nodes, output.Width)));
    }
}
