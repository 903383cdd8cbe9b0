using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace FlowerPower.Cli.Parsing;

/// <summary>
/// Answers a shell's question for the words that fit at the cursor, one a line. Options only come where a dash has been typed, or
/// nothing else fits: in the midst of them nobody finds a pipeline's name.
/// </summary>
internal sealed class Suggestions : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? "";
        var cursor = parseResult.RootCommandResult.Children.OfType<DirectiveResult>().SelectMany(directive => directive.Values).FirstOrDefault();
        var position = int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, line.Length) : line.Length;
        var words = parseResult.RootCommandResult.Command.Parse(line, parseResult.Configuration)
            .GetCompletions(position).Select(word => word.InsertText ?? word.Label).ToList();
        var plain = words.Where(word => !word.StartsWith('-')).ToList();
        foreach (var word in plain.Count > 0 && !line.AsSpan(0, position).EndsWith(" -") ? plain : words)
        {
            parseResult.InvocationConfiguration.Output.Write(word + "\n");
        }

        return ExitCodes.Done;
    }
}
