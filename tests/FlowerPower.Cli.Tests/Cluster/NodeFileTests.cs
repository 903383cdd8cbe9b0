using FlowerPower.Cli.Tests.Harness;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Tests.Cluster;

/// <summary>What <c>node start</c> refuses before it opens or dials anything.</summary>
public sealed class NodeFileTests
{
    [Theory]
    [InlineData("node.yml:2:1: unknown key slotz; did you mean slots?", "name: a\nslotz: 3\n")]
    [InlineData("node.yml:1:8: slots is the text \"many\"; expected a whole number, 0 to 100000, or null.", "slots: many\n")]
    [InlineData("node.yml:1:1: unknown key lease.guardd; did you mean guard?", "lease: { guardd: 2 }\n")]
    [InlineData("node.yml: lease: The cluster's times do not fit:", "redis: redis://localhost\nlease: { lease: 9, renew_every: 8 }\n")]
    [InlineData("node.yml: redis: The Redis address cannot be used: it does not begin with redis://", "redis: localhost\n")]
    [InlineData("node.yml: roles must be queue, worker or both (queue,worker), not 'cook'.", "redis: redis://localhost\nroles: [cook]\n")]
    [InlineData("node.yml: listen must be an address as host:port, such as 10.0.0.1:7710, not 'here'.", "redis: redis://localhost\nlisten: here\n")]
    [InlineData("node.yml: health must be one IP address of this machine with a port, such as 127.0.0.1:7711, not '0.0.0.0:80'", "redis: redis://localhost\nhealth: 0.0.0.0:80\n")]
    [InlineData("node.yml: secret_file: the secret's file cannot be read:", "redis: redis://localhost\nsecret_file: nowhere\n")]
    [InlineData("Which Redis do the nodes share? Name it with --redis URL", "name: a\n")]
    public async Task A_file_that_cannot_be_meant_is_refused_with_its_key_and_the_remedy(string sentence, string file)
    {
        using var project = new TempProject().Write("node.yml", file);

        var said = await Tool.RunAsync(project, "node", "start", "--config", "node.yml");

        Assert.Contains(sentence, said.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_does_not_listen_beyond_this_machine_without_a_secret()
    {
        using var project = new TempProject();

        var said = await Tool.RunAsync(project, "node", "start", "--redis", "redis://localhost", "--listen", "10.0.0.1:7710");

        Assert.StartsWith("--listen is 10.0.0.1:7710, beyond this machine, and the cluster has no secret:", said.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_too_short_is_refused_and_not_shown()
    {
        using var project = new TempProject().Write("secret", "hunter2\n");

        var said = await Tool.RunAsync(project, "node", "start", "--redis", "redis://localhost", "--secret-file", "secret");

        Assert.Contains("holds no secret of at least 16 bytes", said.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_is_read_with_and_without_the_environment()
    {
        var path = Path.Combine(RepositoryRoot(), "cluster-config", "node.yml");

        var usual = NodeConfig.Load(path, new Dictionary<string, string?>());
        var given = NodeConfig.Load(path, new Dictionary<string, string?> { ["NODE_SLOTS"] = "8", ["NODE_NAME"] = "b1" });

        Assert.Equal(("node-1", 4, "127.0.0.1:7710"), (usual.Name, usual.Slots, usual.Listen));
        Assert.Equal(("b1", 8), (given.Name, given.Slots));
        Assert.Equal([TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2)], new[] { usual.Lease, usual.RenewEvery, usual.Guard }.OfType<TimeSpan>());
    }

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlowerPower.Actors.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
