using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowerPower.Pipelines;

/// <summary>
/// The one set of JSON options. Options remember every type that they have seen, and would so keep an unloaded pipeline's assembly in memory:
/// they are replaced whenever a pipeline is unloaded.
/// </summary>
internal static class JsonCaches
{
    private static volatile JsonSerializerOptions options = Create();

    /// <summary>Names as in C#, enums as text, NaN and infinities as the texts "NaN", "Infinity" and "-Infinity", tuples as arrays.</summary>
    public static JsonSerializerOptions Options => options;

    /// <summary>Forgets every type seen so far.</summary>
    public static void Forget() => options = Create();

    private static JsonSerializerOptions Create() => new()
    {
        PropertyNameCaseInsensitive = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(), new TupleConverter() },
    };

    /// <summary>System.Text.Json writes a tuple as an empty object; an array is what Python users know.</summary>
    private sealed class TupleConverter : JsonConverter<System.Runtime.CompilerServices.ITuple>
    {
        public override bool CanConvert(Type type) => typeof(System.Runtime.CompilerServices.ITuple).IsAssignableFrom(type);

        public override System.Runtime.CompilerServices.ITuple Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException($"JSON cannot be read as the tuple {TypeNames.Of(type)}; use a record.");

        public override void Write(Utf8JsonWriter writer, System.Runtime.CompilerServices.ITuple value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            for (var i = 0; i < value.Length; i++)
            {
                JsonSerializer.Serialize(writer, value[i], value[i]?.GetType() ?? typeof(object), options);
            }

            writer.WriteEndArray();
        }
    }
}
