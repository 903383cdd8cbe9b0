using System.Collections.Concurrent;
using System.Text.Json;

namespace FlowerPower.Pipelines;

/// <summary>How a run or a job ended, as its callback hears it.</summary>
/// <param name="JobId">The job's id; of a run without a queue the pipeline's name.</param>
/// <param name="Status"><c>completed</c> or <c>failed</c>.</param>
/// <param name="Error">The error's message; <see langword="null"/> if there was none.</param>
/// <param name="Result">The result by node name; <see langword="null"/> if there is none.</param>
public sealed record PipelineOutcome(string JobId, string Status, string? Error, JsonElement? Result);

public sealed partial class FlowerPowerProject
{
    private readonly ConcurrentDictionary<string, Func<PipelineOutcome, CancellationToken, Task>> callbacks = new(StringComparer.Ordinal);

    /// <summary>Gives a function a name by which <see cref="RunConfig.OnSuccess"/> and <see cref="RunConfig.OnFailure"/> call it. Registering a name again replaces it.</summary>
    /// <param name="name">Without a colon; not empty. Workers that may run the callback must have registered it as well.</param>
    /// <param name="callback">May be called more than once for one end: if a worker dies in the middle, another one calls it again.</param>
    /// <exception cref="ArgumentException">The name is empty or has a colon.</exception>
    public void RegisterCallback(string name, Func<PipelineOutcome, CancellationToken, Task> callback)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(callback);
        if (name.Contains(':', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A callback's name has no colon, as '{name}' has: pipeline: and webhook: begin callbacks of other kinds.", nameof(name));
        }

        callbacks[name] = callback;
    }

    /// <summary>Tells a run's callback, where the run has no queue to do it.</summary>
    private async Task TellEndAsync(string key, string? name, Func<PipelineOutcome> outcome, IPipelineObserver? observer, CancellationToken ct)
    {
        if (name is null)
        {
            return;
        }

        try
        {
            await CallBackAsync(name, outcome(), ct).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            observer?.Warned(name, $"{key}: {error.Message}");
        }
    }

    private static JsonElement? JsonOf(IReadOnlyDictionary<string, object?> values)
    {
        try
        {
            using var json = JsonDocument.Parse(ResultJson.Serialize(values));
            return json.RootElement.Clone();
        }
        catch (ResultException)
        {
            return null; // values without a JSON form are for this process only
        }
    }

    /// <summary>Calls a registered callback.</summary>
    /// <exception cref="ProjectException">None of that name is registered in this process.</exception>
    public Task CallBackAsync(string name, PipelineOutcome outcome, CancellationToken ct) =>
        callbacks.TryGetValue(name, out var callback)
            ? callback(outcome, ct)
            : throw new ProjectException(
                $"No callback '{name}' is registered in this process: call project.RegisterCallback(\"{name}\", …) where workers run, or name a pipeline (pipeline:NAME) or a webhook (webhook:URL) instead.");
}
