using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>What a callback's text means.</summary>
internal static class Callbacks
{
    private const string PipelinePrefix = "pipeline:";

    /// <param name="text"><c>pipeline:NAME</c>, <c>webhook:URL</c>, a URL, or a registered name; <see langword="null"/>: no callback.</param>
    /// <exception cref="PipelineNotFoundException">The project has no such pipeline.</exception>
    /// <exception cref="ArgumentException">The address of a webhook cannot be used, or the text is of no known form.</exception>
    public static JobCallback? Of(FlowerPowerProject project, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (text.StartsWith(PipelinePrefix, StringComparison.Ordinal))
        {
            var pipeline = text[PipelinePrefix.Length..];
            return new JobCallback(pipeline) { RunConfigJson = project.ResolveRunConfig(pipeline, null).ToJson() };
        }

        if (WebhookOf(text) is { } address)
        {
            return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? new JobCallback(JobCallback.WebhookPrefix + uri.AbsoluteUri)
                : throw new ArgumentException($"'{address}' is not the address of a webhook: give a whole URL, such as webhook:https://example.org/done.");
        }

        return text.Length > 0 && !text.Contains(':', StringComparison.Ordinal)
            ? new JobCallback(JobCallback.FunctionPrefix + text)
            : throw new ArgumentException($"'{text}' is no callback: give pipeline:NAME, webhook:URL, or the name under which one is registered.");
    }

    private static string? WebhookOf(string text) =>
        text.StartsWith(JobCallback.WebhookPrefix, StringComparison.Ordinal) ? text[JobCallback.WebhookPrefix.Length..]
        : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? text
        : null;
}
