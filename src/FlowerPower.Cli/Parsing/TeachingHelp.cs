using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FlowerPower.Cli.Commands;

namespace FlowerPower.Cli.Parsing;

/// <summary>The usual help, and after it examples to copy and what the exit codes mean.</summary>
internal sealed class TeachingHelp : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        var exitCode = WriteUsual(parseResult, output);
        switch (parseResult.CommandResult.Command)
        {
            case ToolCommand command:
                Write(output, command.Examples);
                output.Write("Exit codes:\n");
                output.Write("  0  done\n");
                output.Write($"  1  {command.FailsWhen ?? "it failed; standard error says why"}\n");
                output.Write("  2  the command line is wrong, or the project's configuration\n");
                output.Write("  130  interrupted (Ctrl-C)\n");
                break;
            case RootCommand:
                Write(output, Beginning);
                break;
        }

        return exitCode;
    }

    /// <summary>The library's own help, whose list of commands shows every argument as if it were needed.</summary>
    private static int WriteUsual(ParseResult parseResult, TextWriter output)
    {
        var usual = new StringWriter();
        parseResult.InvocationConfiguration.Output = usual;
        try
        {
            var exitCode = new HelpAction { MaxWidth = 110 }.Invoke(parseResult);
            var text = usual.ToString();
            foreach (var command in parseResult.CommandResult.Command.Subcommands)
            {
                foreach (var argument in command.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues == 0))
                {
                    var shown = $"<{argument.HelpName ?? argument.Name}>";
                    var line = $"\n  {command.Name} {shown}";
                    // The two brackets take the place of two of the blanks before the description, of which there are enough beside a longer command.
                    text = text.Replace($"{line}    ", $"\n  {command.Name} [{shown}]  ", StringComparison.Ordinal)
                        .Replace($"{line}  ", $"\n  {command.Name} [{shown}]  ", StringComparison.Ordinal);
                }
            }

            output.Write(text);
            return exitCode;
        }
        finally
        {
            parseResult.InvocationConfiguration.Output = output;
        }
    }

    private static readonly Example[] Beginning =
    [
        new("init shop", "make a project"),
        new("pipeline new hello --project shop", "make a pipeline in it"),
        new("queue run hello --project shop", "run it as a durable job, and print its result"),
        new("queue enqueue --help", "what a command takes, with examples"),
    ];

    private static void Write(TextWriter output, IReadOnlyList<Example> examples)
    {
        output.Write("Examples:\n");
        foreach (var example in examples)
        {
            output.Write($"  # {example.Does}\n  flowerpower {example.Line}\n");
        }

        output.Write("\n");
    }
}
