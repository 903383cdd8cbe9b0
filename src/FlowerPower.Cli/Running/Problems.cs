using FlowerPower.Client;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Running;

/// <summary>What an exception is to the person at the console: an exit code, and one sentence for each thing that is wrong.</summary>
internal static class Problems
{
    private const int MaxItems = 10;

    /// <summary>The exit code and the sentences, the first without its <c>error: </c>; at least one.</summary>
    public static (int ExitCode, IReadOnlyList<string> Sentences) Of(Exception error, CancellationToken interrupted) => error switch
    {
        UsageException => (ExitCodes.Usage, [error.Message]),
        InterruptedException => (ExitCodes.Interrupted, [error.Message]),
        OperationCanceledException when interrupted.IsCancellationRequested => (ExitCodes.Interrupted, ["interrupted."]),
        ConfigException or ConfigurationException => (ExitCodes.Usage, [Sentence(error.Message)]),
        GraphException e => (ExitCodes.Failed, List(e.Message, e.Problems)),
        PipelineCompileException e => (ExitCodes.Failed, List(e.Message, e.Errors)),
        NodeFailedException e => (ExitCodes.Failed, [Sentence(NodeFailure(e))]),
        JobFailedException or JobIdTakenException or UniqueKeyTakenException or JobNotFoundException or JobNotFinishedException or QueueUnavailableException or StoreException or ProjectException
            or ResultException or CommandFailedException or TimeoutException => (ExitCodes.Failed, [Sentence(error.Message)]),
        IOException or UnauthorizedAccessException => (ExitCodes.Failed, [Sentence(error.Message)]),
        FormatException => (ExitCodes.Usage, [error.Message]),
        NotSupportedException or ArgumentException => (ExitCodes.Failed, [Sentence(error.Message)]),
        _ => (ExitCodes.Failed, [$"{error.GetType().Name}: {Sentence(error.Message)} This is not expected: run it again with --verbose and report what it prints."]),
    };

    private static string NodeFailure(NodeFailedException error) => error.InnerException is { } cause
        ? $"Node '{error.Node}' failed: {cause.GetType().Name}: {cause.Message}"
        : error.Message;

    private static IReadOnlyList<string> List(string message, IReadOnlyList<string> items)
    {
        if (items.Count == 1)
        {
            return [message];
        }

        // The exception's own message lists them too; its first line says what cannot be done.
        var subject = message.Split('\n', 2)[0].TrimEnd();
        IEnumerable<string> shown = items.Count > MaxItems ? [.. items.Take(MaxItems), $"and {items.Count - MaxItems} more"] : items;
        return [subject, .. shown];
    }

    private static string Sentence(string message)
    {
        var text = message.Trim();
        return text.Length > 0 && text[^1] is not ('.' or '!' or '?') ? text + "." : text;
    }
}
