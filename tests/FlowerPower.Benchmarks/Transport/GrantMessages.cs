using System.Text.Json.Serialization;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Benchmarks.Transport;

/// <summary>A job's grant as a queue node would send it to a worker: about 250 bytes of JSON.</summary>
internal sealed record Grant(
    string Job, int Attempt, string GrantId, string Pipeline, string Queue, string Priority, DateTimeOffset Deadline, Dictionary<string, string> Inputs)
{
    public static Grant Example { get; } = new(
        "01J9ZK7W3V5T8QXN2B4M6C8D0E",
        1,
        "q1-7f3a9c52e8d04b16",
        "hello_world",
        "default",
        "medium",
        new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero),
        new() { ["date"] = "2030-01-01", ["region"] = "eu-north-1" });
}

/// <summary>Ends a run of grants: answered with how many came.</summary>
internal sealed record CountGrants;

internal sealed record GrantCount(long Grants);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(CountGrants))]
[JsonSerializable(typeof(GrantCount))]
internal sealed partial class GrantJson : JsonSerializerContext;

internal static class GrantTypes
{
    public static WireTypes All { get; } = new(
        WireType.Of("bench.grant.v1", GrantJson.Default.Grant),
        WireType.Of("bench.count-grants.v1", GrantJson.Default.CountGrants),
        WireType.Of("bench.grant-count.v1", GrantJson.Default.GrantCount));
}
