using System.CommandLine;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that say which jobs a job waits for, and what it takes over from them.</summary>
internal sealed class ParentOptions
{
    private readonly Option<string[]?> after = new("--after")
    {
        Description = "A job that must have completed before this one starts; may be given several times. If it does not complete, this one ends as well",
        HelpName = "ID",
    };

    private readonly Option<string[]?> afterEnd = new("--after-end")
    {
        Description = "A job that must have ended before this one starts, whichever way; may be given several times",
        HelpName = "ID",
    };

    private readonly Option<string[]?> inputFrom = new("--input-from")
    {
        Description = "An input that is a node's value in the result of such a job; or its @id, @status, @error or whole @result. May be given several times",
        HelpName = "INPUT=ID:NODE",
    };

    public void AddTo(Command command)
    {
        command.Add(after);
        command.Add(afterEnd);
        command.Add(inputFrom);
    }

    /// <summary>What the options say.</summary>
    /// <exception cref="UsageException">An id is none, is named twice, or an input comes from a job that is not waited for.</exception>
    public IReadOnlyList<JobDependency> Read(ParseResult parse) => Read(
        parse.GetValue(after) ?? [], parse.GetValue(afterEnd) ?? [], parse.GetValue(inputFrom) ?? []);

    /// <summary>What a line says: lists <c>after</c> and <c>afterEnd</c>, and <c>inputFrom</c>, an object of <c>ID:NODE</c> by input.</summary>
    /// <exception cref="FormatException">As of the options; the message follows the line's number.</exception>
    public static IReadOnlyList<JobDependency> Read(LineValues line)
    {
        try
        {
            return Read(
                line.Texts("after") ?? [], line.Texts("afterEnd") ?? [], (line.TextsByName("inputFrom") ?? []).Select(pair => $"{pair.Key}={pair.Value}"));
        }
        catch (UsageException error)
        {
            throw new FormatException($"cannot be used: {error.Message}", error);
        }
    }

    private static IReadOnlyList<JobDependency> Read(IEnumerable<string> after, IEnumerable<string> afterEnd, IEnumerable<string> inputFrom)
    {
        var parents = new Dictionary<JobId, (bool AllowFailure, Dictionary<string, string> Inputs)>();
        foreach (var (option, given, allowFailure) in new[] { ("--after", after, false), ("--after-end", afterEnd, true) })
        {
            foreach (var text in given)
            {
                if (!JobId.TryParse(text, out var id))
                {
                    throw new UsageException($"{option}: '{text}' is not a job id.");
                }

                if (!parents.TryAdd(id, (allowFailure, [])))
                {
                    throw new UsageException($"{option}: job {id} is named twice; name it once, with --after or with --after-end.");
                }
            }
        }

        foreach (var text in inputFrom)
        {
            var (input, id, node) = Parts(text);
            if (!parents.TryGetValue(id, out var parent))
            {
                throw new UsageException($"--input-from {text}: job {id} is not waited for; add --after {id}.");
            }

            parent.Inputs[input] = node;
        }

        return [.. parents.Select(parent => new JobDependency(parent.Key, parent.Value.AllowFailure) { Inputs = parent.Value.Inputs })];
    }

    private static (string Input, JobId Id, string Node) Parts(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        return equals > 0 && colon > equals && colon < text.Length - 1 && JobId.TryParse(text[(equals + 1)..colon], out var id)
            ? (text[..equals], id, text[(colon + 1)..])
            : throw new UsageException($"--input-from {text}: write the input, the job and the node, such as rows=JOB:clean.");
    }
}
