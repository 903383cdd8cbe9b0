using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Client;

/// <summary>TLS of a cluster from files in PEM form. Whatever would be refused at the first connection is refused here, with the file's name.</summary>
public static class ClusterCertificates
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string RefusedKey = "holds no private key in PEM form that can be read without a password: give the key alone, not encrypted.";

    /// <summary>How a client trusts the nodes.</summary>
    /// <param name="authority">The file of those who signed the nodes' certificates; <see langword="null"/>: whom this machine trusts.</param>
    /// <param name="name">The name that all nodes' certificates bear; <see langword="null"/>: each bears the host that is dialled.</param>
    /// <exception cref="FormatException">The file cannot be used; the message names it, and the remedy.</exception>
    public static PeerTlsOptions ForClient(string? authority, string? name) =>
        new() { TrustedRoots = authority is null ? null : Certificates(authority), TargetHost = name };

    /// <summary>What a node shows, and how it trusts the others.</summary>
    /// <param name="certificate">The node's certificate, and after it those between it and its authority.</param>
    /// <param name="key">The certificate's private key, not encrypted.</param>
    /// <param name="host">Where others reach the node, without the port: the certificate must name it unless <paramref name="name"/> is given.</param>
    /// <param name="now">The certificate must be valid now.</param>
    /// <inheritdoc cref="ForClient"/>
    public static PeerTlsOptions ForNode(string certificate, string key, string? authority, string? name, string host, DateTimeOffset now)
    {
        var shown = Certificates(certificate);
        var own = WithKey(shown[0], certificate, key);
        shown.RemoveAt(0);
        var roots = authority is null ? null : Certificates(authority);
        RequireValid(own, certificate, now);
        RequireSigned(own, shown, roots, certificate, authority, now);
        RequireNamed(own, certificate, name, host);
        return new PeerTlsOptions { Certificate = own, Intermediates = shown, TrustedRoots = roots, TargetHost = name };
    }

    private static X509Certificate2Collection Certificates(string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Text(path));
        }
        catch (CryptographicException error)
        {
            throw new FormatException($"the file '{path}' holds a certificate that cannot be read: {error.Message}", error);
        }

        return found.Count > 0 ? found : throw new FormatException($"the file '{path}' holds no certificate in PEM form (-----BEGIN CERTIFICATE-----): name the file that does.");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string path, string keyPath)
    {
        var key = Text(keyPath);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal) || key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new FormatException($"the file '{keyPath}' {RefusedKey}");
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new FormatException($"the key in '{keyPath}' does not fit the certificate in '{path}': give the key that the certificate was made with.", error);
        }
    }

    private static void RequireValid(X509Certificate2 own, string path, DateTimeOffset now)
    {
        var (from, to) = (new DateTimeOffset(own.NotBefore), new DateTimeOffset(own.NotAfter));
        if (now > to)
        {
            throw new FormatException($"the certificate in '{path}' expired at {to.UtcDateTime:u}: put a new one in its place.");
        }

        if (now < from)
        {
            throw new FormatException($"the certificate in '{path}' is valid from {from.UtcDateTime:u} on, and here it is {now.UtcDateTime:u}: set this machine's clock, or wait.");
        }
    }

    private static void RequireSigned(
        X509Certificate2 own, X509Certificate2Collection between, X509Certificate2Collection? roots, string path, string? authority, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ForServers));
        chain.ChainPolicy.ExtraStore.AddRange(between);
        if (roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        }

        if (chain.Build(own))
        {
            return;
        }

        var why = string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
        throw new FormatException(authority is null
            ? $"nobody whom this machine trusts has signed the certificate in '{path}' ({why}): name the file of the authority that did."
            : $"the authority in '{authority}' has not signed the certificate in '{path}' ({why}): name the authority that did, and put those between the two after the certificate.");
    }

    private static void RequireNamed(X509Certificate2 own, string path, string? name, string host)
    {
        if (!own.MatchesHostname(name ?? host))
        {
            throw new FormatException(name is null
                ? $"the certificate in '{path}' does not name {host}, where others reach this node: advertise a host that it names, or say which name all nodes' certificates bear."
                : $"the certificate in '{path}' does not name {name}: give the name that all nodes' certificates bear.");
        }
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the file '{path}' cannot be read: {error.Message}", error);
        }
    }
}
