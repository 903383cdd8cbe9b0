using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowerPower.Storage.Contracts.Sqlite;
using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>Entering a Redis: TLS, passwords with every character, names with several addresses.</summary>
public sealed class RedisTlsTests
{
    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_with_the_remedy()
    {
        using var folder = new TestFolder();
        var port = RedisServer.FreePort();
        await using var server = await RedisServer.StartAsync([$"tls-port {port}", "tls-auth-clients no", .. SelfSigned(folder)]);

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync($"rediss://127.0.0.1:{port}"));

        Assert.Contains($"127.0.0.1:{port} cannot be trusted", error.Message, StringComparison.Ordinal);
        Assert.Contains("add its certificate's authority to this machine's trusted ones", error.Message, StringComparison.Ordinal);
        Assert.Equal(":0\r\n", await server.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_is_accepted_and_jobs_are_stored_over_it()
    {
        using var folder = new TestFolder();
        using var authority = new TestAuthority(folder);
        var port = RedisServer.FreePort();
        await using var server = await RedisServer.StartAsync([$"tls-port {port}", "tls-auth-clients no", .. authority.Issue("redis", "127.0.0.1")]);

        var answer = await RedisChild.RunAsync($"rediss://127.0.0.1:{port}", authority.CertificateFile);

        Assert.Equal("1:a", answer);
    }

    [Fact]
    public async Task A_trusted_authoritys_certificate_for_another_host_is_refused()
    {
        using var folder = new TestFolder();
        using var authority = new TestAuthority(folder);
        var port = RedisServer.FreePort();
        await using var server = await RedisServer.StartAsync([$"tls-port {port}", "tls-auth-clients no", .. authority.Issue("redis", "192.0.2.1")]);

        var answer = await RedisChild.RunAsync($"rediss://127.0.0.1:{port}", authority.CertificateFile);

        Assert.StartsWith($"StoreRefusedException: Redis at 127.0.0.1:{port}", answer, StringComparison.Ordinal);
        Assert.Contains("cannot be trusted", answer, StringComparison.Ordinal);
        Assert.Equal(":0\r\n", await server.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task With_sentinels_both_they_and_the_master_are_talked_to_over_tls()
    {
        using var folder = new TestFolder();
        using var authority = new TestAuthority(folder);
        var (masterPort, sentinelPort) = (RedisServer.FreePort(), RedisServer.FreePort());
        string[] certificate = ["tls-auth-clients no", "tls-replication yes", .. authority.Issue("redis", "127.0.0.1")];
        await using var master = await RedisServer.StartAsync([$"tls-port {masterPort}", .. certificate]);
        await using var sentinel = await RedisServer.StartSentinelAsync(
            [$"tls-port {sentinelPort}", .. certificate, $"sentinel monitor mymaster 127.0.0.1 {masterPort} 1"]);

        var answer = await RedisChild.RunAsync($"rediss://127.0.0.1:{sentinelPort}?sentinel=mymaster", authority.CertificateFile);

        Assert.Equal("1:a", answer);
    }

    [Fact]
    public async Task A_redis_without_tls_is_refused_where_tls_was_asked_for()
    {
        await using var server = await RedisServer.StartAsync();

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync($"rediss://127.0.0.1:{server.Port}"));

        Assert.Contains("or write redis:// if it does not use TLS", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("p@ss:w/rd%41?&#,=ä;")]
    [InlineData("a,ssl=true,password=b")]
    [InlineData("%")]
    public async Task A_password_may_hold_any_character(string password)
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("CONFIG", "SET", "requirepass", password);

        await using var store = await OpenAsync($"redis://:{Uri.EscapeDataString(password)}@127.0.0.1:{server.Port}");

        Assert.Equal(1, await (await ShardWriter.TakeAsync(store, 0)).StoreAsync([ShardWriter.Event("a")]));
    }

    [Fact]
    public async Task A_name_with_several_addresses_is_tried_until_one_answers()
    {
        // localhost is ::1 and 127.0.0.1 on most machines, and the server listens on one of them.
        await using var server = await RedisServer.StartAsync();

        await using var store = await OpenAsync($"redis://localhost:{server.Port}");

        Assert.Equal(1, await (await ShardWriter.TakeAsync(store, 0)).StoreAsync([ShardWriter.Event("a")]));
    }

    private static string[] SelfSigned(TestFolder folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (certificateFile, keyFile) = (folder.File("redis.crt"), folder.File("redis.key"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return [$"tls-cert-file {certificateFile}", $"tls-key-file {keyFile}", $"tls-ca-cert-file {certificateFile}"];
    }

    private static Task<RedisShardStore> OpenAsync(string url) => RedisShardStore.OpenAsync(new RedisStoreOptions
    {
        Address = RedisAddress.Parse(url),
        ShardCount = 4,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });
}
