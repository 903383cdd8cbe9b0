using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Cluster;

/// <summary>Everything that travels between the processes of a cluster, each under its own id for ever.</summary>
internal static class ClusterWire
{
    public static WireTypes Types { get; } = new(
        Of("worker.request-work.v1", Json.Default.RequestWork),
        Of("worker.return-slots.v1", Json.Default.ReturnSlots),
        Of("worker.retract-work.v1", Json.Default.RetractWork),
        Of("worker.report.v1", Json.Default.WorkerReport, SizeOf),
        Of("worker.report-answer.v1", Json.Default.WorkerReportAnswer),
        Of("broker.started.v1", Json.Default.BrokerStarted),
        Of("broker.slots-returned.v1", Json.Default.SlotsReturned),
        Of("broker.work-retracted.v1", Json.Default.WorkRetracted),
        Of("broker.work-waiting.v1", Json.Default.WorkWaiting),
        Of("job.run-attempt.v1", Json.Default.RunAttempt, run => Small + run.Spec.RunConfigJson.Length + run.Checkpoint.Length),
        Of("job.stop-attempt.v1", Json.Default.StopAttempt),
        Of("job.confirm-attempt.v1", Json.Default.ConfirmAttempt),
        Of("shard.served.v1", Json.Default.ShardsServed),
        Of("shard.released.v1", Json.Default.ShardReleased),
        Of("members.changed.v1", Json.Default.MembersChanged),
        Of("cluster.ask-map.v1", Json.Default.AskClusterMap),
        Of("cluster.map.v1", Json.Default.ClusterMap),
        Of("cluster.declare-dead.v1", Json.Default.DeclareDead),
        Of("cluster.member-declared.v1", Json.Default.MemberDeclared),
        Of("cluster.unpark-shard.v1", Json.Default.UnparkShard),
        Of("cluster.shard-unparked.v1", Json.Default.ShardUnparked),
        Of("queue.request.v1", LocalJson.Default.LocalRequest, SizeOf),
        Of("queue.answer.v1", LocalJson.Default.LocalResponse, SizeOf));

    private const int Small = 512;

    private static WireType Of<T>(string id, JsonTypeInfo<T> json, Func<T, int>? sizeOf = null)
        where T : class => WireType.Of(id, json, sizeOf);

    private static int SizeOf(WorkerReport report) => Small + SizeOf(report.Log) + report switch
    {
        WorkerReport.Succeeded r => r.Result.Length,
        WorkerReport.Saved r => r.Checkpoint.Length,
        WorkerReport.Wrote r => SizeOf(r.Lines),
        _ => 0,
    };

    private static int SizeOf(IReadOnlyList<JobLogLine>? lines) => lines?.Sum(line => 100 + line.Text.Length) ?? 0;

    private static int SizeOf(LocalRequest request) =>
        request is LocalRequest.Enqueue enqueue ? Small + enqueue.Jobs.Sum(job => Small + job.Spec.RunConfigJson.Length) : Small;

    private static int SizeOf(LocalResponse response) => response switch
    {
        LocalResponse.Job { View: { } view } => SizeOf(view),
        LocalResponse.JobChanged change => SizeOf(change.Item.Job),
        LocalResponse.Line { Item: var line } => Small + line.Text.Length,
        LocalResponse.Page page => page.Jobs.Jobs.Sum(SizeOf),
        LocalResponse.Receipts receipts => receipts.Items.Count * Small,
        _ => Small,
    };

    private static int SizeOf(JobView view) => (Small * (1 + view.History.Count)) + view.ResultJson.Length;
}

/// <summary>The JSON of what nodes tell each other: source-generated, a closed set of types, no CLR names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    MaxDepth = 128,
    Converters = [typeof(JobIdConverter), typeof(RawJsonConverter), typeof(GrantIdConverter), typeof(WorkerIdConverter)])]
[JsonSerializable(typeof(RequestWork))]
[JsonSerializable(typeof(ReturnSlots))]
[JsonSerializable(typeof(RetractWork))]
[JsonSerializable(typeof(WorkerReport))]
[JsonSerializable(typeof(WorkerReportAnswer))]
[JsonSerializable(typeof(BrokerStarted))]
[JsonSerializable(typeof(SlotsReturned))]
[JsonSerializable(typeof(WorkRetracted))]
[JsonSerializable(typeof(WorkWaiting))]
[JsonSerializable(typeof(RunAttempt))]
[JsonSerializable(typeof(StopAttempt))]
[JsonSerializable(typeof(ConfirmAttempt))]
[JsonSerializable(typeof(ShardsServed))]
[JsonSerializable(typeof(ShardReleased))]
[JsonSerializable(typeof(MembersChanged))]
[JsonSerializable(typeof(AskClusterMap))]
[JsonSerializable(typeof(ClusterMap))]
[JsonSerializable(typeof(DeclareDead))]
[JsonSerializable(typeof(UnparkShard))]
[JsonSerializable(typeof(ShardUnparked))]
[JsonSerializable(typeof(MemberDeclared))]
internal sealed partial class Json : JsonSerializerContext;

/// <summary>A grant as its text.</summary>
internal sealed class GrantIdConverter : JsonConverter<GrantId>
{
    public override GrantId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? new GrantId(text) : throw new JsonException("A grant's id is empty.");

    public override void Write(Utf8JsonWriter writer, GrantId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

/// <summary>A worker as its text.</summary>
internal sealed class WorkerIdConverter : JsonConverter<WorkerId>
{
    public override WorkerId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? new WorkerId(text) : throw new JsonException("A worker's id is empty.");

    public override void Write(Utf8JsonWriter writer, WorkerId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
