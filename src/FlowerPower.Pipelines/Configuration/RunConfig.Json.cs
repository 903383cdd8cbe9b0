using System.Buffers;
using System.Text.Json;
using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

public sealed partial record RunConfig
{
    /// <summary>The set keys as a UTF-8 JSON object: what travels with a job.</summary>
    /// <remarks>
    /// A key that was set nowhere is left out, so that a default that depends on the machine, such as <c>5 × CPUs</c>, is that of the
    /// machine that runs the job. Lengths of time are seconds. The same config gives the same bytes.
    /// </remarks>
    /// <exception cref="NotSupportedException">
    /// A value cannot travel (a stream, a callback, bytes, NaN, an object of one's own); the message names it and the remedy.
    /// </exception>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote, or what a person wrote with the same keys as in YAML.</summary>
    /// <param name="utf8Json">A JSON object. Keys that are unknown are ignored: a newer client may send more than we know.</param>
    /// <exception cref="ConfigException">Not a JSON object, or a value that does not fit its key.</exception>
    public static RunConfig FromJson(ReadOnlySpan<byte> utf8Json) => FromJson(utf8Json, []);

    /// <summary>Reads what a person wrote, and gives a warning for each unknown or deprecated key.</summary>
    /// <param name="warnings">Gets the warnings, in order of the text.</param>
    /// <inheritdoc cref="FromJson(ReadOnlySpan{byte})"/>
    public static RunConfig FromJson(ReadOnlySpan<byte> utf8Json, ICollection<ConfigWarning> warnings)
    {
        var at = new Origin("run config");
        object? plain;
        try
        {
            plain = PlainJson.Read(utf8Json);
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            var place = error is JsonException { LineNumber: { } line, BytePositionInLine: { } column }
                ? at with { Line = (int)line + 1, Column = (int)column + 1 }
                : at;
            var reason = error is JsonException ? "broken JSON; expected an object such as {\"inputs\": {}}." : error.Message;
            throw new ConfigException(place, "", reason, error);
        }

        var node = ConfigNode.FromPlain(plain, at) as MapNode
            ?? throw new ConfigException(at, "", $"it is {ConfigNode.FromPlain(plain, at).Describe(false)}; expected a JSON object.");
        var context = new BindContext([]);
        var config = (RunConfig)RunSchema.Run.Bind(RunSchema.Run.Normalize(node, context, ""), context, "");
        foreach (var warning in context.Warnings)
        {
            warnings.Add(warning);
        }

        return config;
    }
}
