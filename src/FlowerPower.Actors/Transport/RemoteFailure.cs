using System.Text.Json.Serialization;

namespace FlowerPower.Actors.Transport;

/// <summary>A reply that faults the Ask it answers with a <see cref="RemoteFailureException"/>.</summary>
/// <param name="Code">A short stable word.</param>
/// <param name="Detail">One sentence.</param>
internal sealed record RemoteFailure(string Code, string Detail)
{
    public static WireType WireType { get; } = WireType.Of("transport.failure.v1", TransportJson.Default.RemoteFailure);
}

/// <summary>The JSON of the transport's own messages.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(HandshakeMessage))]
[JsonSerializable(typeof(RemoteFailure))]
internal sealed partial class TransportJson : JsonSerializerContext;
