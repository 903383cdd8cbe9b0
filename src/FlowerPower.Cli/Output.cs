using System.Text;
using System.Text.Json;
using FlowerPower.Cli.Rendering;

namespace FlowerPower.Cli;

/// <summary>
/// Where commands say things. Standard output gets the result and nothing else: text lines, or with <c>--output json</c> one document.
/// Standard error gets warnings, errors and progress.
/// </summary>
internal sealed class Output(CliHost host, bool isJson)
{
    private const string EraseLine = "\r\u001b[K";

    private readonly Lock gate = new();
    private bool isLive;

    /// <summary>Is the result to be a JSON document?</summary>
    public bool IsJson => isJson;

    /// <summary>Is a person looking at the result?</summary>
    public bool IsTerminal => host.IsOutTerminal && !isJson;

    /// <summary>Can a line of progress be drawn over and over?</summary>
    public bool IsErrorTerminal => host.IsErrorTerminal;

    /// <summary>Columns to write in: the terminal's, or enough for any line in a pipe.</summary>
    public int Width => host.IsOutTerminal ? Math.Max(40, host.Width()) : 160;

    /// <summary>Columns of the terminal that shows progress.</summary>
    public int ErrorWidth => Math.Max(20, host.Width());

    /// <summary>A line, or several, of the result; only without <c>--output json</c>.</summary>
    public void Text(string text)
    {
        if (!isJson)
        {
            Write(host.Out, text);
        }
    }

    /// <summary>A table of the result; only without <c>--output json</c>.</summary>
    public void Table(TextTable table)
    {
        if (!IsTerminal)
        {
            Text(string.Join('\n', table.Lines(Width)));
            return;
        }

        lock (gate)
        {
            TerminalTable.Write(host.Out, table, Width);
            host.Out.Flush();
        }
    }

    /// <summary>The result as a document; only with <c>--output json</c>. Numbers and texts are written as they are given.</summary>
    public void Json(Action<Utf8JsonWriter> write) => Json(write, JsonOptions);

    /// <summary>One of several results, each on a line of its own, as they come; only with <c>--output json</c>.</summary>
    public void JsonLine(Action<Utf8JsonWriter> write) => Json(write, JsonOptions with { Indented = false });

    private void Json(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        if (!isJson)
        {
            return;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            write(writer);
        }

        Write(host.Out, Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>A line about what happens, beside the result.</summary>
    public void Note(string line) => Write(host.Error, line);

    /// <summary>Something that is probably not meant as it stands.</summary>
    public void Warn(string sentence) => Write(host.Error, "warning: " + sentence);

    /// <summary>Why it does not work.</summary>
    public void Error(string sentence) => Write(host.Error, "error: " + sentence);

    /// <summary>Draws a line of progress over the last one; lines that are written meanwhile stand above it.</summary>
    /// <param name="text"><see langword="null"/>: it is gone.</param>
    public void Live(string? text)
    {
        lock (gate)
        {
            host.Error.Write(EraseLine + text);
            host.Error.Flush();
            isLive = text is not null;
        }
    }

    private void Write(TextWriter writer, string text)
    {
        lock (gate)
        {
            if (isLive)
            {
                host.Error.Write(EraseLine);
                host.Error.Flush();
            }

            writer.Write(text);
            writer.Write('\n');
            writer.Flush();
        }
    }

    // Results hold people's texts: escaping every umlaut would make them unreadable, and no browser reads them as HTML.
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Indented = true,
        NewLine = "\n",
        MaxDepth = 256,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
