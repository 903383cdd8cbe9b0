using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>Signs certificates for the tests, and writes them as files.</summary>
internal sealed class Authority : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;

    public Authority(string name)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        certificate = request.CreateSelfSigned(Now.AddDays(-2), Now.AddDays(2));
    }

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>The file that clients trust.</summary>
    public string Pem => certificate.ExportCertificatePem();

    /// <summary>A certificate and its key, both PEM.</summary>
    /// <param name="host">A host's name or an IP address.</param>
    /// <param name="ends">When it ends, from now on; negative: it has.</param>
    public (string Certificate, string Key) Sign(string host, TimeSpan? ends = null)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(certificate, Now.AddDays(-1), Now + (ends ?? TimeSpan.FromDays(1)), RandomNumberGenerator.GetBytes(8));
        return (signed.ExportCertificatePem(), own.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
