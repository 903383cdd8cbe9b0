using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowerPower.Storage.Contracts.Sqlite;

namespace FlowerPower.Storage.Contracts;

/// <summary>An authority of a day, and the certificates that it gives to servers.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly TestFolder folder;
    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 certificate;

    public TestAuthority(TestFolder folder)
    {
        this.folder = folder;
        var request = new CertificateRequest("CN=an authority for a test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        certificate = request.CreateSelfSigned(Begin, Begin.AddDays(3));
        CertificateFile = folder.File("authority.crt");
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
    }

    /// <summary>The file by which others trust it.</summary>
    public string CertificateFile { get; }

    /// <summary>Lines of redis.conf for a server with a certificate of this authority.</summary>
    public string[] Issue(string name, string address)
    {
        using var own = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, true, false));
        using var issued = request.Create(certificate, Begin, Begin.AddDays(2), [1, .. RandomNumberGenerator.GetBytes(8)]);
        var (certificateFile, keyFile) = (folder.File($"{name}.crt"), folder.File($"{name}.key"));
        File.WriteAllText(certificateFile, issued.ExportCertificatePem());
        File.WriteAllText(keyFile, own.ExportPkcs8PrivateKeyPem());
        return [$"tls-cert-file {certificateFile}", $"tls-key-file {keyFile}", $"tls-ca-cert-file {CertificateFile}"];
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
