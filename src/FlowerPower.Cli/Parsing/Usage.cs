using System.CommandLine;
using System.CommandLine.Parsing;
using FlowerPower.Cli.Commands;

namespace FlowerPower.Cli.Parsing;

/// <summary>Says what is wrong with a command line, and where to read on.</summary>
internal static class Usage
{
    /// <summary>Prints every error of a parse.</summary>
    public static int Explain(ParseResult parse, Output output)
    {
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sentence in Sentences(parse))
        {
            if (said.Add(sentence))
            {
                output.Error(sentence);
            }
        }

        output.Note(SeeHelp(parse));
        return ExitCodes.Usage;
    }

    /// <summary>The pointer to the command's help.</summary>
    public static string SeeHelp(ParseResult parse) => $"Read: {FullName(parse)} --help";

    private static IEnumerable<string> Sentences(ParseResult parse)
    {
        var unmatched = parse.UnmatchedTokens;
        if (unmatched is [var token, ..])
        {
            yield return Unknown(parse, token); // those after it are most often its consequence
        }

        foreach (var error in parse.Errors)
        {
            switch (error.SymbolResult)
            {
                case CommandResult when unmatched.Any(other => error.Message.Contains($"'{other}'", StringComparison.Ordinal)):
                    break; // said already, better
                case CommandResult { Command: CommandGroup or RootCommand } when unmatched.Count == 0:
                    yield return $"{FullName(parse)} needs a command: {Parsing.Sentences.Or([.. parse.CommandResult.Command.Subcommands.Select(c => c.Name)])}.";
                    break;
                case CommandResult { Command: CommandGroup or RootCommand }:
                    break;
                case ArgumentResult { Argument: var argument, Tokens.Count: 0 } when argument.Arity.MinimumNumberOfValues > 0 && argument.Parents.OfType<Command>().Any():
                    yield return $"{FullName(parse)} needs {argument.Name}: {Lower(argument.Description)}.";
                    break;
                case CommandResult when error.Message.StartsWith("Required argument", StringComparison.Ordinal):
                    foreach (var argument in Missing(parse))
                    {
                        yield return $"{FullName(parse)} needs {argument.Name}: {Lower(argument.Description)}.";
                    }

                    break;
                case OptionResult { Tokens.Count: 0 } option:
                    yield return $"{option.Option.Name} needs a value: {Lower(option.Option.Description)}.";
                    break;
                case OptionResult { Tokens.Count: > 1 } option when option.Option.Arity.MaximumNumberOfValues == 1:
                    yield return $"{option.Option.Name} takes one value, not {option.Tokens.Count}: {string.Join(" ", option.Tokens.Select(token => token.Value))}.";
                    break;
                default:
                    yield return error.Message;
                    break;
            }
        }
    }

    private static IEnumerable<Argument> Missing(ParseResult parse) =>
        parse.CommandResult.Command.Arguments.Where(argument =>
            argument.Arity.MinimumNumberOfValues > 0 && parse.GetResult(argument) is null or { Tokens.Count: 0 });

    private static string Unknown(ParseResult parse, string token)
    {
        var command = parse.CommandResult.Command;
        if (!token.StartsWith('-') && command.Subcommands.Count > 0)
        {
            var names = command.Subcommands.Select(c => c.Name).ToList();
            var nearest = Parsing.Sentences.Nearest(token, names);
            return $"'{token}' is no command of {FullName(parse)}: "
                + (nearest.Count > 0 ? $"did you mean {Parsing.Sentences.Or(nearest)}?" : $"there are {string.Join(", ", names)}.");
        }

        if (!token.StartsWith('-'))
        {
            return $"'{token}' is more than {FullName(parse)} takes; put texts with spaces in quotes.";
        }

        var given = token.Split('=', ':')[0];
        var alike = Parsing.Sentences.Nearest(given, Options(parse).SelectMany(option => (IEnumerable<string>)[option.Name, .. option.Aliases]).Where(name => name.StartsWith("--", StringComparison.Ordinal)));
        return $"{given} is no option of {FullName(parse)}" + (alike.Count > 0 ? $": did you mean {Parsing.Sentences.Or(alike)}?" : ".");
    }

    private static IEnumerable<Option> Options(ParseResult parse)
    {
        for (var result = parse.CommandResult; result is not null; result = result.Parent as CommandResult)
        {
            foreach (var option in result.Command.Options.Where(option => !option.Hidden && (option.Recursive || result == parse.CommandResult)))
            {
                yield return option;
            }
        }
    }

    private static string FullName(ParseResult parse) => $"flowerpower {CommandContext.CommandPath(parse)}".TrimEnd();

    private static string Lower(string? sentence) =>
        string.IsNullOrEmpty(sentence) ? "a value" : char.ToLowerInvariant(sentence[0]) + sentence[1..].Split(". Default:")[0].TrimEnd('.');
}
