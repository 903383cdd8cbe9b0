using FlowerPower.Cli.Running;

namespace FlowerPower.Cli;

/// <summary>What surrounds one run of the tool: the real console, or a test's.</summary>
internal sealed record CliHost
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors, warnings and progress go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What is typed, or piped, into the tool; opened by whoever wants it.</summary>
    public Func<TextReader> In { get; init; } = static () => new StreamReader(Console.OpenStandardInput());

    /// <summary>Is a person looking at <see cref="Out"/>?</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>Is a person looking at <see cref="Error"/>?</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal; asked anew for each picture, because people resize windows.</summary>
    public Func<int> Width { get; init; } = () => 100;

    /// <summary>Where relative paths, and the search for the project, begin.</summary>
    public string CurrentDirectory { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Ctrl-C, and what else asks the tool to stop.</summary>
    public Interrupts Interrupts { get; init; } = new();

    /// <summary>The clock for ages and elapsed times.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
