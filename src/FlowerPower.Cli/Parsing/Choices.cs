using System.CommandLine;

namespace FlowerPower.Cli.Parsing;

/// <summary>Options and arguments that take one of a few words.</summary>
internal static class Choices
{
    /// <summary>An option; its value is one of the words as written here, whatever case it came in, or <see langword="null"/> if it is not given.</summary>
    public static Option<string?> Option(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name)
        {
            Description = description,
            HelpName = string.Join("|", words),
            CustomParser = result =>
            {
                var given = result.Tokens[^1].Value;
                if (Find(words, given) is { } word)
                {
                    return word;
                }

                result.AddError(Refusal(name, given, words));
                return null;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>A required argument of the same kind.</summary>
    public static Argument<string> Argument(string name, string description, params string[] words)
    {
        var argument = new Argument<string>(name)
        {
            Description = description,
            HelpName = string.Join("|", words),
            CustomParser = result =>
            {
                var given = result.Tokens[^1].Value;
                if (Find(words, given) is { } word)
                {
                    return word;
                }

                result.AddError(Refusal(name, given, words));
                return null!;
            },
        };
        argument.CompletionSources.Clear();
        argument.CompletionSources.Add(words);
        return argument;
    }

    private static string? Find(string[] words, string given) =>
        words.FirstOrDefault(word => word.Equals(given, StringComparison.OrdinalIgnoreCase));

    private static string Refusal(string name, string given, string[] words) =>
        $"{name} must be {Sentences.Or(words)}, not '{given}'.";
}
