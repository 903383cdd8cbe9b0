using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowerPower.Cli.Running;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>Runs command lines in this process, and keeps what they say.</summary>
internal static class Tool
{
    /// <summary>What waits for an event may wait so long before it has failed; it is never slept through.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    /// <summary>Equal pipelines of different tests are compiled once.</summary>
    [ModuleInitializer]
    internal static void ShareCompiledPipelines()
    {
        var cache = Directory.CreateTempSubdirectory("flowerpower-cache-");
        Environment.SetEnvironmentVariable("FP_CACHE_DIR", cache.FullName);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cache.Delete(recursive: true);
    }

    public static Task<Said> RunAsync(TempProject project, params string[] arguments) => RunIn(project.Root, arguments);

    public static Task<Said> RunIn(string folder, params string[] arguments) => RunOn(new FakeConsole { Folder = folder }, arguments);

    public static async Task<Said> RunOn(FakeConsole console, params string[] arguments)
    {
        var exitCode = await CliApp.RunAsync(arguments, console.Host).WaitAsync(Bound);
        return new Said(exitCode, console.Out.ToString()!, console.Error.ToString()!);
    }
}

/// <summary>A console that nobody looks at, or a terminal that only pretends.</summary>
internal sealed class FakeConsole
{
    public string Folder { get; init; } = Path.GetTempPath();

    public bool IsTerminal { get; init; }

    public TextWriter Out { get; init; } = new StringWriter();

    public TextWriter Error { get; } = new StringWriter();

    /// <summary>What somebody types, or pipes into it.</summary>
    public string In { get; init; } = "";

    public Interrupts Interrupts { get; } = new();

    public CliHost Host => new()
    {
        Out = Out,
        In = () => new StringReader(In),
        Error = Error,
        IsOutTerminal = IsTerminal,
        IsErrorTerminal = IsTerminal,
        Width = () => 100,
        CurrentDirectory = Folder,
        Interrupts = Interrupts,
    };
}

/// <summary>What a command line came to.</summary>
internal sealed record Said(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>Standard error without its progress lines.</summary>
    public IEnumerable<string> Problems => Error.Split('\n').Where(line => line.StartsWith("error: ", StringComparison.Ordinal) || line.StartsWith("warning: ", StringComparison.Ordinal));

    /// <summary>It failed, with one sentence, no result, and no stack trace.</summary>
    public string AssertFailed(int exitCode = ExitCodes.Failed)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Equal("", Out);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        return Assert.Single(Problems, line => line.StartsWith("error: ", StringComparison.Ordinal))["error: ".Length..];
    }

    public Said AssertDone()
    {
        Assert.True(ExitCode == ExitCodes.Done, $"exit code {ExitCode}\n{Error}\n{Out}");
        return this;
    }
}
