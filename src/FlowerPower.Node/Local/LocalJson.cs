using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Local;

/// <summary>The local protocol's JSON: source-generated, a closed set of types, no CLR names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    MaxDepth = 128,
    Converters = [typeof(JobIdConverter), typeof(RawJsonConverter)])]
[JsonSerializable(typeof(LocalRequest))]
[JsonSerializable(typeof(LocalResponse))]
[JsonSerializable(typeof(List<EnqueueRequest>))]
[JsonSerializable(typeof(List<EnqueueReceipt>))]
[JsonSerializable(typeof(List<JobView>))]
internal sealed partial class LocalJson : JsonSerializerContext;

/// <summary>A job id as its text.</summary>
internal sealed class JobIdConverter : JsonConverter<JobId>
{
    public override JobId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString();
        return JobId.TryParse(text, out var id) ? id : throw new JsonException($"'{text}' is not a job id.");
    }

    public override void Write(Utf8JsonWriter writer, JobId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

/// <summary>JSON inside JSON, as it is; <see langword="null"/> stands for no bytes at all.</summary>
internal sealed class RawJsonConverter : JsonConverter<ReadOnlyMemory<byte>>
{
    public override ReadOnlyMemory<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        // Byte for byte: written anew, letters would become escapes, and a result that may be stored might grow beyond that.
        using var document = JsonDocument.ParseValue(ref reader);
        return JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
    }

    public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> value, JsonSerializerOptions options)
    {
        if (value.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(value.Span);
        }
    }
}
