using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;
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
    /// <remarks>
    /// The serializer also keeps accessors in a cache of its own, for a while after their last use. It offers to clear that one when code is
    /// replaced under it, which is what unloading is.
    /// </remarks>
    public static void Forget()
    {
        options = Create();
        foreach (var handler in typeof(JsonSerializer).Assembly.GetCustomAttributes<MetadataUpdateHandlerAttribute>())
        {
            const BindingFlags flags = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
            handler.HandlerType.GetMethod("ClearCache", flags, [typeof(Type[])])?.Invoke(null, [null]);
        }
    }

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
    private sealed class TupleConverter : JsonConverter<ITuple>
    {
        public override bool CanConvert(Type type) => typeof(ITuple).IsAssignableFrom(type);

        public override ITuple Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException($"JSON cannot be read as the tuple {TypeNames.Of(type)}; use a record.");

        public override void Write(Utf8JsonWriter writer, ITuple value, JsonSerializerOptions options)
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
