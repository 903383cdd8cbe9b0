using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>Queue gates' events and records as JSON, under stable names. There are few of them: a limited queue's permits, not every job.</summary>
public static class QueueGateWire
{
    private const string Changed = "queue.changed.v1";
    private const string PermitGiven = "queue.permit-given.v1";
    private const string PermitReturned = "queue.permit-returned.v1";

    /// <summary>Writes an event.</summary>
    /// <returns>Its type and its UTF-8 JSON.</returns>
    public static (string Type, byte[] Payload) Encode(QueueGateEvent e) => e switch
    {
        QueueGateEvent.Changed x => (Changed, JsonSerializer.SerializeToUtf8Bytes(x, QueueGateJson.Default.Changed)),
        QueueGateEvent.PermitGiven x => (PermitGiven, JsonSerializer.SerializeToUtf8Bytes(x, QueueGateJson.Default.PermitGiven)),
        QueueGateEvent.PermitReturned x => (PermitReturned, JsonSerializer.SerializeToUtf8Bytes(x, QueueGateJson.Default.PermitReturned)),
        _ => throw new InvalidOperationException($"{e.GetType().Name} has no wire type."),
    };

    /// <summary>Reads an event.</summary>
    /// <exception cref="UnknownWireTypeException">The type is not known.</exception>
    /// <exception cref="StoreCorruptException">The payload is not an event of this type.</exception>
    public static QueueGateEvent DecodeEvent(string type, ReadOnlyMemory<byte> payload) => Read<QueueGateEvent>(type, () => type switch
    {
        Changed => JsonSerializer.Deserialize(payload.Span, QueueGateJson.Default.Changed),
        PermitGiven => JsonSerializer.Deserialize(payload.Span, QueueGateJson.Default.PermitGiven),
        PermitReturned => JsonSerializer.Deserialize(payload.Span, QueueGateJson.Default.PermitReturned),
        _ => throw new UnknownWireTypeException(type),
    });

    /// <summary>Writes a gate as it stands.</summary>
    public static byte[] EncodeRecord(QueueGate gate) => JsonSerializer.SerializeToUtf8Bytes(
        new GateRecord(1, gate.Version, gate.Settings, [.. gate.Permits.Select(p => new PermitRecord(p.Key, p.Value))], gate.LastPermit, gate.Starts, gate.Changes),
        QueueGateJson.Default.GateRecord);

    /// <summary>Reads a gate's record.</summary>
    /// <exception cref="StoreCorruptException">The body is not a gate's record.</exception>
    public static QueueGate DecodeRecord(ReadOnlyMemory<byte> body, string queue)
    {
        var record = Read("queue.record.v1", () => JsonSerializer.Deserialize(body.Span, QueueGateJson.Default.GateRecord));
        return record.Format == 1
            ? new QueueGate(queue, record.Settings, record.Permits.ToImmutableDictionary(p => p.Job, p => p.Permit), record.LastPermit, record.Starts, record.Changes)
            {
                Version = record.Version,
            }
            : throw new UnknownWireTypeException(FormattableString.Invariant($"queue.record.v{record.Format}"));
    }

    private static T Read<T>(string what, Func<T?> read)
        where T : class
    {
        try
        {
            return read() ?? throw new JsonException("it is null.");
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new StoreCorruptException($"A stored {what} cannot be read: {error.Message} Restore the store from a copy, or delete the queue's settings.", error);
        }
    }

    internal sealed record GateRecord(
        int Format, long Version, QueueSettings Settings, IReadOnlyList<PermitRecord> Permits, long LastPermit, ImmutableList<DateTimeOffset> Starts,
        ImmutableList<QueueChanged> Changes);

    internal sealed record PermitRecord(JobId Job, QueuePermit Permit);
}

/// <summary>The JSON of queue gates: source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(JobIdJson)])]
[JsonSerializable(typeof(QueueGateWire.GateRecord))]
[JsonSerializable(typeof(QueueGateEvent.Changed))]
[JsonSerializable(typeof(QueueGateEvent.PermitGiven))]
[JsonSerializable(typeof(QueueGateEvent.PermitReturned))]
internal sealed partial class QueueGateJson : JsonSerializerContext;

/// <summary>A job's id as its text.</summary>
internal sealed class JobIdJson : JsonConverter<JobId>
{
    public override JobId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JobId.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, JobId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
