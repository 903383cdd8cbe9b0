using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>Runs the jobs that are callbacks and no pipelines: functions that the project has registered, and webhooks.</summary>
internal static class CallbackRunner
{
    private static readonly TimeSpan WebhookPatience = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Is it such a job?</summary>
    public static bool IsOne(JobSpec spec) =>
        spec.Pipeline.StartsWith(JobCallback.FunctionPrefix, StringComparison.Ordinal) || spec.Pipeline.StartsWith(JobCallback.WebhookPrefix, StringComparison.Ordinal);

    /// <returns>What came of it, as UTF-8 JSON.</returns>
    /// <exception cref="ProjectException">No function of that name is registered in this process.</exception>
    /// <exception cref="HttpRequestException">The webhook did not answer with a status of success.</exception>
    public static async Task<ReadOnlyMemory<byte>> RunAsync(FlowerPowerProject project, JobSpec spec, CancellationToken cancellationToken)
    {
        var call = CallOf(spec);
        if (spec.Pipeline.StartsWith(JobCallback.WebhookPrefix, StringComparison.Ordinal))
        {
            var status = await PostAsync(spec.Pipeline[JobCallback.WebhookPrefix.Length..], call, cancellationToken).ConfigureAwait(false);
            return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["http_status"] = status }, (JsonSerializerOptions?)null);
        }

        await project.CallBackAsync(spec.Pipeline[JobCallback.FunctionPrefix.Length..], call, cancellationToken).ConfigureAwait(false);
        return "{}"u8.ToArray();
    }

    private static PipelineOutcome CallOf(JobSpec spec)
    {
        using var config = JsonDocument.Parse(spec.RunConfigJson);
        var inputs = config.RootElement.TryGetProperty("inputs", out var given) ? given : default;
        return new PipelineOutcome(Text("job_id") ?? spec.Id.Value, Text("job_status") ?? "", Text("job_error"), Value("job_result"));

        string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

        JsonElement? Value(string name) =>
            inputs.ValueKind == JsonValueKind.Object && inputs.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.Clone() : null;
    }

    private static async Task<int> PostAsync(string address, PipelineOutcome call, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(WebhookPatience);
        var body = new JsonObject
        {
            ["job_id"] = call.JobId,
            ["job_status"] = call.Status,
            ["job_error"] = call.Error,
            ["job_result"] = call.Result is { } result ? JsonNode.Parse(result.GetRawText()) : null,
        };
        try
        {
            using var answer = await Http.PostAsJsonAsync(new Uri(address), body, patience.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode
                ? (int)answer.StatusCode
                : throw new HttpRequestException($"The webhook {address} answered with status {(int)answer.StatusCode}.", null, answer.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The webhook {address} did not answer within {WebhookPatience.TotalSeconds:0} s.");
        }
    }
}
