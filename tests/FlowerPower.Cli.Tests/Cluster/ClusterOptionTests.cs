using FlowerPower.Cli.Tests.Harness;
using FlowerPower.TestServers;

namespace FlowerPower.Cli.Tests.Cluster;

/// <summary>What is refused of <c>--cluster</c>, or said when nobody is there.</summary>
public sealed class ClusterOptionTests
{
    [Theory]
    [InlineData("--cluster: '10.0.0.1' is not the address of a node: write host:port, such as 10.0.0.1:7710.", "queue", "list", "--cluster", "10.0.0.1")]
    [InlineData("--redis and --cluster are two places for the jobs: a cluster has its own Redis, so give one of them.", "queue", "list", "--cluster", "localhost:1", "--redis", "redis://localhost")]
    [InlineData("--cluster-name says more about a cluster: name one with --cluster HOST:PORT.", "queue", "list", "--cluster-name", "shop")]
    [InlineData("--tls-authority says more about a cluster: name one with --cluster HOST:PORT.", "cluster", "show", "--tls-authority", "ca.pem")]
    [InlineData("The workers of a cluster are its nodes: flowerpower node start --roles worker.", "queue", "worker", "start", "--cluster", "localhost:1")]
    [InlineData("The workers of a cluster are its nodes, and each is told by its name: flowerpower cluster show, then flowerpower cluster leave NODE.", "queue", "worker", "stop", "--cluster", "localhost:1")]
    [InlineData("Which cluster? Name one or more of its nodes with --cluster HOST:PORT, or in conf/project.yml (job_queue.backend, type: cluster).", "cluster", "show")]
    public async Task A_cluster_that_cannot_be_meant_is_refused_in_one_sentence(string sentence, params string[] arguments)
    {
        using var project = new TempProject();

        Assert.Equal(sentence, (await Tool.RunAsync(project, arguments)).AssertFailed(ExitCodes.Usage));
    }

    [Fact]
    public async Task Where_nobody_listens_the_command_fails_and_says_which_address_does_not_answer()
    {
        using var project = new TempProject().WithHello();
        var nobody = $"127.0.0.1:{RedisServer.FreePort()}";

        var said = await Tool.RunAsync(project, "queue", "enqueue", "hello", "--cluster", nobody);

        var sentence = said.AssertFailed();
        Assert.StartsWith("No node of the cluster 'flowerpower' answers:", sentence, StringComparison.Ordinal);
        Assert.Contains(nobody, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_projects_configuration_names_the_cluster_too_and_what_is_wrong_there_is_named_with_its_key()
    {
        using var project = new TempProject().WithHello();
        project.Write("conf/project.yml", "name: shop\njob_queue:\n  backend: { type: cluster, nodes: [nobody] }\n");

        var said = await Tool.RunAsync(project, "queue", "list");

        Assert.Equal(
            "conf/project.yml: job_queue.backend.nodes: 'nobody' is not the address of a node: write host:port, such as 10.0.0.1:7710.", said.AssertFailed(ExitCodes.Usage));
    }
}
