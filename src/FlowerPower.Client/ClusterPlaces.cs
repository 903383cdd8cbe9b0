using System.Text;
using FlowerPower.Actors.Transport;
using FlowerPower.Node;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Client;

/// <summary>Which cluster is meant, by what the caller wants and what <c>conf/project.yml</c> says.</summary>
public static class ClusterPlaces
{
    /// <summary>What <c>job_queue.backend.type</c> says for a cluster.</summary>
    internal const string BackendType = "cluster";

    private const int MinSecretBytes = 16;

    /// <summary>The caller's cluster, else the project's unless the caller names a Redis; <see langword="null"/>: none is meant.</summary>
    /// <exception cref="ArgumentException">What is written cannot be used; the message says why, and where it is written if it is not the caller's.</exception>
    public static ClusterClientOptions? Of(FlowerPowerProject project, QueueOptions options)
    {
        if (options is { Cluster: not null, Redis: not null })
        {
            throw new ArgumentException("A cluster keeps its jobs in its own Redis: name the cluster or a Redis, not both.", nameof(options));
        }

        try
        {
            return options.Cluster ?? (options.Redis is null ? Configured(project) : null);
        }
        catch (FormatException wrong)
        {
            throw new ArgumentException(wrong.Message, nameof(options), wrong);
        }
    }

    /// <summary>Reads <c>host:port</c>, or several of them separated by commas.</summary>
    /// <returns>At least one.</returns>
    /// <exception cref="FormatException">One is no address; the message names it and shows one that works.</exception>
    public static IReadOnlyList<PeerAddress> ParseNodes(IEnumerable<string> texts)
    {
        var nodes = texts
            .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(text => PeerAddress.TryParse(text, out var address) && address.Port > 0
                ? address
                : throw new FormatException($"'{text}' is not the address of a node: write host:port, such as 10.0.0.1:7710."))
            .ToList();
        return nodes.Count > 0 ? nodes : throw new FormatException("no node is named: write host:port of at least one, such as 10.0.0.1:7710.");
    }

    /// <summary>A cluster's secret: the file's text without the white space around it.</summary>
    /// <exception cref="FormatException">The file cannot be read, or what it holds is too short for a secret; it is never shown.</exception>
    public static string ReadSecret(string path)
    {
        string secret;
        try
        {
            secret = File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the secret's file cannot be read: {error.Message}", error);
        }

        return Encoding.UTF8.GetByteCount(secret) >= MinSecretBytes
            ? secret
            : throw new FormatException($"the file '{path}' holds no secret of at least {MinSecretBytes} bytes: make one with openssl rand -hex 32 > {path}");
    }

    private static ClusterClientOptions? Configured(FlowerPowerProject project)
    {
        var queue = project.Config.JobQueue;
        var isOurs = string.Equals(queue.Type ?? ActorsAdapter.AdapterName, ActorsAdapter.AdapterName, StringComparison.OrdinalIgnoreCase);
        if (!isOurs || !queue.IsSet("backend") || queue.Backend.Type is not BackendType)
        {
            return null;
        }

        var backend = queue.Backend;
        return new ClusterClientOptions
        {
            Nodes = Named("nodes", () => ParseNodes(backend.Nodes)),
            Name = backend.ClusterName ?? RedisAddress.DefaultName,
            Tls = Tls(project, backend),
            Secret = backend.SecretFile is { } file ? Named("secret_file", () => ReadSecret(Path.GetFullPath(file, project.Root))) : null,
        };

        T Named<T>(string key, Func<T> read) => ClusterPlaces.Named(project, key, read);
    }

    /// <summary>The keys that FlowerPower has for TLS to Redis, here for TLS to the nodes.</summary>
    private static PeerTlsOptions? Tls(FlowerPowerProject project, BackendConfig backend)
    {
        if (!backend.Ssl && backend.CaFile is null && backend.TlsName is null)
        {
            return null;
        }

        if (backend.IsSet("verify_ssl") && !backend.VerifySsl)
        {
            Refuse("verify_ssl", "the nodes' certificates are always checked: leave it out, and name their authority with ca_file.");
        }

        if (backend.CertFile is not null || backend.KeyFile is not null)
        {
            Refuse(backend.CertFile is not null ? "cert_file" : "key_file", "nodes ask clients for the cluster's secret, and for no certificate: leave it out.");
        }

        return Named(project, "ca_file", () => ClusterCertificates.ForClient(
            backend.CaFile is { } file ? Path.GetFullPath(file, project.Root) : null, backend.TlsName));

        void Refuse(string key, string why) => Named<bool>(project, key, () => throw new FormatException(why));
    }

    private static T Named<T>(FlowerPowerProject project, string key, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{project.ConfigFileName}: job_queue.backend.{key}: {wrong.Message}", wrong);
        }
    }
}
