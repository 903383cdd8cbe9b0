using FlowerPower.Deployment.Files;
using FlowerPower.Pipelines;

namespace FlowerPower.Deployment;

/// <summary>What the files promise that no start of a process shows.</summary>
public sealed class FileTests
{
    /// <summary>After its drain a node waits 5 s for handed-back jobs and 20 s for shards.</summary>
    private static readonly TimeSpan AfterDrain = TimeSpan.FromSeconds(25);

    public static TheoryData<string> NodeFiles => [.. NodeFilesOf("compose"), .. NodeFilesOf("systemd"), "node.yml"];

    [Theory]
    [MemberData(nameof(NodeFiles))]
    public void Each_nodes_file_can_be_read_and_says_where_health_is_asked(string file)
    {
        var config = NodeConfig.Load(Repository.PathOf($"cluster-config/{file}"), Everything);

        Assert.NotNull(config.Health);
        Assert.All(config.Roles, role => Assert.Contains(role, (string[])["queue", "worker"]));
        Assert.Equal(TimeSpan.FromSeconds(30), config.Drain);
    }

    [Fact]
    public void Whoever_stops_a_node_waits_longer_than_its_file_lets_it_take()
    {
        var compose = new ComposeFile(new Dictionary<string, string>(), name => $"/{name}");
        var manifests = new Manifests();
        var unit = new UnitFile();

        foreach (var service in compose.Nodes)
        {
            Assert.True(service.Grace > Needed(File.ReadAllText(service.SourceOf("/etc/flowerpower/node.yml"))), service.Name);
        }

        foreach (var (kind, role) in new[] { ("StatefulSet", "queue"), ("Deployment", "worker") })
        {
            Assert.True(manifests.PodOf(manifests.One(kind, $"flowerpower-{role}")).Grace > Needed(manifests.One("ConfigMap", "flowerpower")["data"][$"{role}.yml"].Text), role);
        }

        foreach (var role in new[] { "queue", "worker" })
        {
            Assert.True(unit.Grace > Needed(Repository.Read($"{UnitFile.Folder}/{role}.yml")), role);
        }
    }

    [Fact]
    public void The_image_is_built_from_folders_that_are_there_and_that_the_ignore_file_lets_through()
    {
        var ignored = Repository.Read(".dockerignore").Split('\n');
        Assert.Contains("*", ignored);
        var copied = ImageFile.Nodes.Instructions.Where(i => i.Word == "COPY" && !i.Text.StartsWith("--from", StringComparison.Ordinal)).SelectMany(i => i.Text.Split(' ')[..^1]).ToList();

        Assert.Contains("src/", copied);
        foreach (var path in copied)
        {
            Assert.True(Path.Exists(Repository.PathOf(path)), path);
            Assert.Contains($"!{path.TrimEnd('/')}", ignored);
        }

        // What the build reads above src, it has: MSBuild looks for these names, and the build for what they name.
        foreach (var path in Directory.EnumerateFiles(Repository.Root, "Directory.*").Append(Repository.PathOf("BannedSymbols.txt")).Append(Repository.PathOf("global.json")))
        {
            Assert.Contains(Path.GetFileName(path), copied);
        }

        foreach (var project in Directory.EnumerateFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("../../", File.ReadAllText(project), StringComparison.Ordinal); // nothing outside src
        }
    }

    [Fact]
    public void The_image_runs_as_a_user_without_rights_stops_in_order_and_has_the_runtime_that_the_tool_needs()
    {
        var image = ImageFile.Nodes;

        Assert.Equal(ImageFile.AppUser, image.User);
        Assert.Equal("SIGTERM", image.One("STOPSIGNAL"));
        Assert.Equal("mcr.microsoft.com/dotnet/aspnet:10.0", image.One("FROM")); // the tool is for net10.0, and uses ASP.NET Core's server
        Assert.Equal("--from=build /app /app", image.LastStage.First(i => i.Word == "COPY").Text);
    }

    [Fact]
    public void No_service_of_the_compose_file_can_be_reached_from_beyond_its_network()
    {
        var compose = new ComposeFile(new Dictionary<string, string>(), name => $"/{name}");

        Assert.Equal(6, compose.Services.Count);
        Assert.All(compose.Services.Values, service => Assert.False(service.Settings["ports"].IsThere));
        Assert.All(compose.Nodes, service => Assert.Equal("unless-stopped", service.Settings["restart"].Text));
        Assert.All(compose.Nodes, service => Assert.Equal(["ALL"], service.Settings["cap_drop"].Texts));
        Assert.All(compose.Nodes, service => Assert.True(File.Exists(Repository.PathOf(service.Settings["build"]["dockerfile"].Text))));
    }

    [Fact]
    public void The_manifests_name_each_other_as_they_are_called_and_hold_no_secret()
    {
        var manifests = new Manifests();

        Assert.Empty(manifests.Of("Secret"));
        var example = Assert.Single(Yaml.Documents(Repository.Read($"{Manifests.Folder}/secret.yml.example")));
        Assert.Equal("flowerpower", example["metadata"]["name"].Text);
        Assert.StartsWith("<", example["stringData"]["cluster"].Text, StringComparison.Ordinal); // a place, and no secret that somebody might use
        Assert.All(manifests.Objects, o => Assert.False(o["metadata"]["namespace"].IsThere)); // whoever applies them says where
        foreach (var (kind, role) in new[] { ("StatefulSet", "queue"), ("Deployment", "worker") })
        {
            var owner = manifests.One(kind, $"flowerpower-{role}");
            var labels = Labels(owner["spec"]["template"]["metadata"]["labels"]);
            Assert.Equal(labels, Labels(owner["spec"]["selector"]["matchLabels"]));
            var budget = manifests.One("PodDisruptionBudget", $"flowerpower-{role}");
            Assert.Equal(labels, Labels(budget["spec"]["selector"]["matchLabels"]));
            Assert.Equal(1, budget["spec"]["maxUnavailable"].Number);
            var container = manifests.PodOf(owner).Container;
            Assert.Equal("false", container["securityContext"]["allowPrivilegeEscalation"].Text);
            Assert.Equal([("/live", 7711), ("/live", 7711), ("/ready", 7711)], new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(manifests.PodOf(owner).Probe));
        }

        var service = manifests.One("Service", "flowerpower-queue");
        Assert.Equal("None", service["spec"]["clusterIP"].Text);
        Assert.Equal("flowerpower-queue", manifests.One("StatefulSet", "flowerpower-queue")["spec"]["serviceName"].Text);
        Assert.Equal(Labels(manifests.One("StatefulSet", "flowerpower-queue")["spec"]["template"]["metadata"]["labels"]), Labels(service["spec"]["selector"]));
    }

    private static Dictionary<string, string?> Everything => new()
    {
        ["NODE_NAME"] = "n",
        ["REDIS_URL"] = "redis://r",
        ["NODE_ADVERTISE"] = "n:7710",
        ["CREDENTIALS_DIRECTORY"] = "/run/credentials",
    };

    private static IEnumerable<string> NodeFilesOf(string folder) =>
        Directory.EnumerateFiles(Repository.PathOf($"cluster-config/{folder}"), "*.yml").Select(path => $"{folder}/{Path.GetFileName(path)}");

    private static TimeSpan Needed(string nodeFile) => Assert.Single(Yaml.Documents(nodeFile))["drain"].Length + AfterDrain;

    private static Dictionary<string, string> Labels(Yaml labels) => labels.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Text);
}
