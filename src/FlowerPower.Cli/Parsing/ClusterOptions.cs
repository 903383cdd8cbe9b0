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

    private readonly Option<bool> tls = new("--tls")
    {
        Description = "With --cluster: its nodes use TLS, with certificates whose authority this machine trusts",
        Recursive = true,
    };

    private readonly Option<string?> tlsAuthority = new("--tls-authority")
    {
        Description = "With --cluster: its nodes use TLS, and this file (PEM) has the authority of their certificates",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> tlsName = new("--tls-name")
    {
        Description = "With --cluster and TLS: the name that all nodes' certificates bear. Default: each bears its own host's",
        HelpName = "NAME",
        Recursive = true,
    };

    private readonly Option<string?> name = new("--cluster-name")
    {
        Description = $"With --cluster: its name, as ?name= of its Redis says. Default: {RedisAddress.DefaultName}",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [nodes, secretFile, name, tls, tlsAuthority, tlsName];

    /// <summary>Gives them to a command and all below it.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Does the command line name a cluster?</summary>
    public bool IsGiven(ParseResult parse) => Value(parse, nodes) is not null;

    /// <summary>The cluster that the command line names; <see langword="null"/>: none.</summary>
    /// <exception cref="UsageException">What it says cannot be used.</exception>
    public ClusterClientOptions? Read(ParseResult parse, CliHost host)
    {
        if (Value(parse, nodes) is not { } given)
        {
            return More(parse) is not { } more
                ? null
                : throw new UsageException($"{more.Name} says more about a cluster: name one with {nodes.Name} HOST:PORT.");
        }

        return new ClusterClientOptions
        {
            Nodes = Named(nodes, () => ClusterPlaces.ParseNodes([given])),
            Name = Value(parse, name) ?? RedisAddress.DefaultName,
            Tls = UsesTls(parse)
                ? Named(tlsAuthority, () => ClusterCertificates.ForClient(
                    Value(parse, tlsAuthority) is { } pem ? Path.GetFullPath(pem, host.CurrentDirectory) : null, Value(parse, tlsName)))
                : null,
            Secret = Value(parse, secretFile) is { } file ? Named(secretFile, () => ClusterPlaces.ReadSecret(Path.GetFullPath(file, host.CurrentDirectory))) : null,
        };
    }

    /// <summary>An option that is given and means nothing without a cluster.</summary>
    private Option? More(ParseResult parse) =>
        All.Except([nodes]).FirstOrDefault(option => parse.GetResult(option) is { Implicit: false });

    private bool UsesTls(ParseResult parse) =>
        (parse.GetResult(tls) is not null && parse.GetValue(tls)) || Value(parse, tlsAuthority) is not null || Value(parse, tlsName) is not null;

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
