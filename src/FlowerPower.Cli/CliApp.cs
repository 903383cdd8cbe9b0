using System.CommandLine;
using System.CommandLine.Invocation;
using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Running;

namespace FlowerPower.Cli;

/// <summary>The tool: a command line in, an exit code out. Everything that it says goes to the host's writers.</summary>
internal static class CliApp
{
    /// <summary>Runs one command line. It does not throw.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        var common = new CommonOptions(host);
        var root = CommandTree.Build(common);
        var parse = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var output = new Output(host, parse.Errors.Count == 0 && parse.GetValue(common.Format) == "json");
        if (arguments.Count == 0)
        {
            parse = root.Parse(["--help"]); // somebody wants to know what this is
        }
        else if (parse.Action is ParseErrorAction)
        {
            return Usage.Explain(parse, output);
        }

        try
        {
            return await parse.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = host.Out,
                    Error = host.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return Explain(error, output, parse, common, host);
        }
    }

    private static int Explain(Exception error, Output output, ParseResult parse, CommonOptions common, CliHost host)
    {
        var (exitCode, sentences) = Problems.Of(error, host.Interrupts.First);
        foreach (var sentence in sentences)
        {
            output.Error(sentence);
        }

        if (error is UsageException or FormatException)
        {
            output.Note(Usage.SeeHelp(parse));
        }

        if (error is Client.JobNotFoundException)
        {
            output.Note($"List the jobs that there are: {new NextCommands(parse, common).Queue("list")}");
        }

        if (parse.GetValue(common.Verbose))
        {
            output.Note(error.ToString());
            if (error is Client.JobFailedException { Job.Error.Detail: { Length: > 0 } detail })
            {
                output.Note(detail);
            }
        }

        return exitCode;
    }
}
