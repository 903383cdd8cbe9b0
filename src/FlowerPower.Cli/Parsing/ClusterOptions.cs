using System.CommandLine;
using FlowerPower.Client;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Parsing;

/// <summary>The options that name a cluster and let a command in.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string?> nodes = new("--cluster")
    {
        Description = "The cluster that keeps and runs the jobs: any of its nodes, or several. Default: the project's, else none",
        HelpName = "HOST:PORT,…",
        Recursive = true,
    };

    private readonly Option<string?> secretFile = new("--secret-file")
    {
        Description = "With --cluster: the file that holds the cluster's secret",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> name = new("--cluster-name")
    {
        Description = $"With --cluster: its name, as ?name= of its Redis says. Default: {RedisAddress.DefaultName}",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>Gives them to a command and all below it.</summary>
    public void AddTo(Command command)
    {
        command.Add(nodes);
        command.Add(secretFile);
        command.Add(name);
    }

    /// <summary>Does the command line name a cluster?</summary>
    public bool IsGiven(ParseResult parse) => Value(parse, nodes) is not null;

    /// <summary>The cluster that the command line names; <see langword="null"/>: none.</summary>
    /// <exception cref="UsageException">What it says cannot be used.</exception>
    public ClusterClientOptions? Read(ParseResult parse, CliHost host)
    {
        if (Value(parse, nodes) is not { } given)
        {
            return Value(parse, secretFile) is null && Value(parse, name) is null
                ? null
                : throw new UsageException($"{secretFile.Name} and {name.Name} say more about a cluster: name one with {nodes.Name} HOST:PORT.");
        }

        return new ClusterClientOptions
        {
            Nodes = Named(nodes, () => ClusterPlaces.ParseNodes([given])),
            Name = Value(parse, name) ?? RedisAddress.DefaultName,
            Secret = Value(parse, secretFile) is { } file ? Named(secretFile, () => ClusterPlaces.ReadSecret(Path.GetFullPath(file, host.CurrentDirectory))) : null,
        };
    }

    private static string? Value(ParseResult parse, Option<string?> option) => parse.GetResult(option) is null ? null : parse.GetValue(option);

    private static T Named<T>(Option option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new UsageException($"{option.Name}: {error.Message}");
        }
    }
}
