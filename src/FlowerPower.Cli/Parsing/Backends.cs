using System.CommandLine;
using FlowerPower.Client;

namespace FlowerPower.Cli.Parsing;

/// <summary>The option that names a queue backend.</summary>
internal static class Backends
{
    public static Option<string?> Option() => Choices.Option(
        "--backend", $"Who keeps the jobs. Default: {QueueAdapter.Default}", [.. QueueAdapter.Names]);
}
