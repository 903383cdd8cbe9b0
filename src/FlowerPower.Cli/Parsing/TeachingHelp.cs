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
        var exitCode = new HelpAction { MaxWidth = 110 }.Invoke(parseResult);
        switch (parseResult.CommandResult.Command)
        {
            case ToolCommand command:
                Write(output, command.Examples);
                output.Write("Exit codes:\n");
                output.Write("  0  done\n");
                output.Write($"  1  {command.FailsWhen ?? "it failed; standard error says why"}\n");
                output.Write("  2  the command line is wrong\n");
                output.Write("  130  interrupted (Ctrl-C)\n");
                break;
            case RootCommand:
                Write(output, Beginning);
                break;
        }

        return exitCode;
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
