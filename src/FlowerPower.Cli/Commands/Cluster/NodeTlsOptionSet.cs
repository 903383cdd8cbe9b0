using System.CommandLine;
using FlowerPower.Actors.Transport;
using FlowerPower.Client;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>TLS of a node, by options or by the block <c>tls</c> of its file; each option wins over its key.</summary>
internal sealed class NodeTlsOptionSet
{
    private readonly Option<string?> certificate = Text("--tls-certificate", "FILE", "Speak TLS only: the certificate that this node shows (PEM), and after it those that lead to its authority");
    private readonly Option<string?> key = Text("--tls-key", "FILE", "The certificate's private key (PEM, not encrypted)");
    private readonly Option<string?> authority = Text("--tls-authority", "FILE", "Who signed the nodes' certificates (PEM). Default: whom this machine trusts");
    private readonly Option<string?> name = Text("--tls-name", "NAME", "The name that all nodes' certificates bear. Default: each bears the host that others reach it at");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[certificate, key, authority, name])
        {
            command.Add(option);
        }
    }

    /// <param name="folder">What the file's paths are relative to.</param>
    /// <param name="host">Where others reach the node.</param>
    /// <returns><see langword="null"/>: no TLS.</returns>
    /// <exception cref="UsageException">What is given cannot be used; the message names the file and the remedy.</exception>
    public PeerTlsOptions? Read(CommandContext context, NodeConfig file, string folder, string host)
    {
        var shown = PathOf(certificate, file.TlsCertificate);
        var secret = PathOf(key, file.TlsKey);
        var trusted = PathOf(authority, file.TlsAuthority);
        var borne = context.Parse.GetValue(name) ?? file.TlsName;
        if (shown is null && secret is null && trusted is null && borne is null)
        {
            return null;
        }

        if (shown is null || secret is null)
        {
            throw new UsageException(
                $"TLS: a node needs a certificate and its private key, and there is no {(shown is null ? "certificate" : "key")}: "
                + $"give both, with {certificate.Name} and {key.Name}, or in the node's file with tls: {{ certificate: FILE, key: FILE }}.");
        }

        try
        {
            return ClusterCertificates.ForNode(shown, secret, trusted, borne, host, context.Host.Time.GetUtcNow());
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"TLS: {wrong.Message}");
        }

        string? PathOf(Option<string?> option, string? written) =>
            context.Parse.GetValue(option) is { } given ? Path.GetFullPath(given, context.Host.CurrentDirectory)
            : written is not null ? Path.GetFullPath(written, folder)
            : null;
    }

    private static Option<string?> Text(string name, string placeholder, string description) => new(name) { Description = description, HelpName = placeholder };
}
