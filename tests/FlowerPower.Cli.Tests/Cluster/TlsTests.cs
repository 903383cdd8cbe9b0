using FlowerPower.Cli.Tests.Harness;
using FlowerPower.TestServers;

namespace FlowerPower.Cli.Tests.Cluster;

/// <summary>TLS between nodes and clients: certificates as files, nodes as processes.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Authority authority = new("the cluster's authority");
    private readonly Authority stranger = new("somebody else");
    private readonly TempProject project = new TempProject().WithHello();

    public TlsTests()
    {
        var (certificate, key) = authority.Sign("127.0.0.1");
        project.Write("node.pem", certificate).Write("node.key", key).Write("ca.pem", authority.Pem).Write("other.pem", stranger.Pem)
            .Write("secret", "0123456789abcdef0123456789abcdef\n");
    }

    [Fact]
    public async Task Nodes_that_speak_tls_let_in_who_trusts_their_authority_and_tell_the_others_what_is_missing()
    {
        await using var server = await RedisServer.StartAsync();
        var (certificate, key) = authority.Sign("nodes.example"); // one certificate for many nodes, wherever they are
        project.Write("named.pem", certificate).Write("named.key", key)
            .Write("a.yml", "secret_file: secret\nroles: [queue]\ntls: { certificate: named.pem, key: named.key, authority: ca.pem, name: nodes.example }\n");
        using var a = ToolProcess.Start(project, "node", "start", "--name", "a", "--config", "a.yml", "--redis", server.Url, "--listen", "127.0.0.1:0");
        using var b = ToolProcess.Start(
            project, "node", "start", "--name", "b", "--roles", "worker", "--secret-file", "secret", "--redis", server.Url, "--listen", "127.0.0.1:0",
            "--tls-certificate", "named.pem", "--tls-key", "named.key", "--tls-authority", "ca.pem", "--tls-name", "nodes.example");
        var node = (await a.LineAsync("Serving cluster")).Split(" at ")[1].Split(' ')[0];
        await b.LineAsync("Serving cluster");
        string[] run = ["queue", "run", "hello", "--cluster", node, "--secret-file", "secret"];

        // The job runs on b, which has it from a: the nodes trust each other too.
        var ran = await Tool.RunAsync(project, [.. run, "--tls-authority", "ca.pem", "--tls-name", "nodes.example"]);
        var nameless = await Tool.RunAsync(project, [.. run, "--tls-authority", "ca.pem"]);
        var mistaken = await Tool.RunAsync(project, [.. run, "--tls-authority", "other.pem", "--tls-name", "nodes.example"]);
        var usual = await Tool.RunAsync(project, [.. run, "--tls", "--tls-name", "nodes.example"]);
        project.Write("conf/project.yml", $"name: shop\njob_queue:\n  backend: {{ type: cluster, nodes: ['{node}'], secret_file: secret, ca_file: ca.pem, tls_name: nodes.example }}\n");
        var configured = await Tool.RunAsync(project, "queue", "list", "--output", "json");

        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.AssertDone().Out);
        const string Remedy = "use TLS on both sides, with a certificate that this side trusts and that names the host";
        Assert.Contains(Remedy, nameless.AssertFailed(), StringComparison.Ordinal);
        Assert.Contains(Remedy, mistaken.AssertFailed(), StringComparison.Ordinal);
        Assert.Contains(Remedy, usual.AssertFailed(), StringComparison.Ordinal);
        configured.AssertDone();
    }

    [Fact]
    public async Task A_client_without_tls_is_told_that_the_node_may_use_it()
    {
        await using var server = await RedisServer.StartAsync();
        using var node = ToolProcess.Start(
            project, "node", "start", "--name", "a", "--roles", "queue", "--redis", server.Url, "--listen", "127.0.0.1:0",
            "--tls-certificate", "node.pem", "--tls-key", "node.key", "--tls-authority", "ca.pem");
        var address = (await node.LineAsync("Serving cluster")).Split(" at ")[1].Split(' ')[0];

        var plain = await Tool.RunAsync(project, "cluster", "show", "--cluster", address);
        var trusting = await Tool.RunAsync(project, "cluster", "show", "--cluster", address, "--tls-authority", "ca.pem");

        Assert.Contains("whether both sides use TLS", plain.AssertFailed(), StringComparison.Ordinal);
        trusting.AssertDone();
    }

    [Fact]
    public async Task A_node_that_the_others_would_not_let_in_does_not_join_and_says_why()
    {
        await using var server = await RedisServer.StartAsync();
        using var node = ToolProcess.Start(
            project, "node", "start", "--name", "a", "--roles", "queue", "--redis", server.Url, "--listen", "127.0.0.1:0", "--secret-file", "secret",
            "--tls-certificate", "node.pem", "--tls-key", "node.key", "--tls-authority", "ca.pem");
        var address = (await node.LineAsync("Serving cluster")).Split(" at ")[1].Split(' ')[0];
        project.Write("another", "fedcba9876543210fedcba9876543210\n");
        string[] start = ["node", "start", "--name", "b", "--redis", server.Url, "--listen", "127.0.0.1:0"];
        string[] tls = ["--tls-certificate", "node.pem", "--tls-key", "node.key", "--tls-authority", "ca.pem"];

        var plain = await Tool.RunAsync(project, [.. start, "--secret-file", "secret"]);
        var mistaken = await Tool.RunAsync(project, [.. start, .. tls, "--secret-file", "another"]);
        var members = (await Tool.RunAsync(project, "cluster", "show", "--all", "--output", "json", "--cluster", address, "--secret-file", "secret", "--tls-authority", "ca.pem"))
            .AssertDone().Json.GetProperty("members");

        var refusal = $"This node does not join the cluster, because node a at {address} does not let it in: ";
        Assert.StartsWith(refusal, plain.AssertFailed(), StringComparison.Ordinal);
        Assert.EndsWith("whether both sides use TLS.", plain.AssertFailed(), StringComparison.Ordinal);
        Assert.StartsWith(refusal + "WrongSecret: ", mistaken.AssertFailed(), StringComparison.Ordinal);
        Assert.Equal(1, members.GetArrayLength());
    }

    [Theory]
    [InlineData("the file '@/nowhere.pem' cannot be read: Could not find file '@/nowhere.pem'.", "nowhere.pem", "node.key", "ca.pem")]
    [InlineData("the file '@/secret' holds no certificate in PEM form", "secret", "node.key", "ca.pem")]
    [InlineData("the file '@/node.pem' holds no private key in PEM form that can be read without a password", "node.pem", "node.pem", "ca.pem")]
    [InlineData("the key in '@/another.key' does not fit the certificate in '@/node.pem': give the key that the certificate was made with.", "node.pem", "another.key", "ca.pem")]
    [InlineData("the authority in '@/other.pem' has not signed the certificate in '@/node.pem'", "node.pem", "node.key", "other.pem")]
    [InlineData("the certificate in '@/old.pem' expired at ", "old.pem", "old.key", "ca.pem")]
    [InlineData("the certificate in '@/elsewhere.pem' does not name 127.0.0.1, where others reach this node: advertise a host that it names,", "elsewhere.pem", "elsewhere.key", "ca.pem")]
    public async Task A_certificate_that_others_would_refuse_is_refused_at_the_start_with_its_file_and_the_remedy(string sentence, string certificate, string key, string trusted)
    {
        foreach (var (name, pair) in new[] { ("old", authority.Sign("127.0.0.1", TimeSpan.FromHours(-1))), ("elsewhere", authority.Sign("elsewhere.example")), ("another", authority.Sign("127.0.0.1")) })
        {
            project.Write($"{name}.pem", pair.Certificate).Write($"{name}.key", pair.Key);
        }

        var said = await Tool.RunAsync(
            project, "node", "start", "--redis", "redis://localhost", "--tls-certificate", certificate, "--tls-key", key, "--tls-authority", trusted);

        Assert.StartsWith($"TLS: {sentence.Replace("@", project.Root, StringComparison.Ordinal)}", said.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_of_tls_is_refused()
    {
        project.Write("node.yml", "redis: redis://localhost\ntls: { certificate: node.pem, authority: ca.pem }\n");

        var keyless = await Tool.RunAsync(project, "node", "start", "--config", "node.yml");
        var untrusted = await Tool.RunAsync(project, "node", "start", "--config", "node.yml", "--tls-key", "node.key", "--tls-authority", "other.pem");
        project.Write("conf/project.yml", "name: shop\njob_queue:\n  backend: { type: cluster, nodes: ['127.0.0.1:1'], ssl: true, verify_ssl: false }\n");
        var unverified = await Tool.RunAsync(project, "queue", "list");

        Assert.StartsWith("TLS: a node needs a certificate and its private key, and there is no key: give both,", keyless.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.Contains("has not signed the certificate", untrusted.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.Equal(
            "conf/project.yml: job_queue.backend.verify_ssl: the nodes' certificates are always checked: leave it out, and name their authority with ca_file.",
            unverified.AssertFailed(ExitCodes.Usage));
    }

    public void Dispose()
    {
        authority.Dispose();
        stranger.Dispose();
        project.Dispose();
    }
}
