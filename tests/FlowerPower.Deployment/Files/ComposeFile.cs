using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment.Files;

/// <summary>docker-compose.cluster.yml, as <c>docker compose</c> would understand it.</summary>
internal sealed class ComposeFile
{
    public const string Name = "docker-compose.cluster.yml";

    private readonly Yaml file;

    /// <param name="environment">What the shell that calls <c>docker compose</c> has.</param>
    /// <param name="volumes">Where named volumes are, by their names.</param>
    public ComposeFile(IReadOnlyDictionary<string, string> environment, Func<string, string> volumes)
    {
        Text = Repository.Read(Name);
        file = Assert.Single(Yaml.Documents(Variables.Expand(Text, environment)));
        Services = file["services"].Entries.ToDictionary(entry => entry.Key, entry => new ComposeService(entry.Key, entry.Value, file, volumes));
    }

    public string Text { get; }

    public IReadOnlyDictionary<string, ComposeService> Services { get; }

    public IEnumerable<string> Volumes => file["volumes"].Entries.Select(entry => entry.Key);

    /// <summary>The nodes of the cluster.</summary>
    public IEnumerable<ComposeService> Nodes => Services.Values.Where(service => service.IsNode);

    /// <summary>A file's path, which is relative to the file's folder.</summary>
    public static string PathOf(string written) => Repository.PathOf(written);
}

/// <summary>One service.</summary>
internal sealed class ComposeService(string name, Yaml service, Yaml file, Func<string, string> volumes)
{
    public string Name => name;

    public Yaml Settings => service;

    public bool IsNode => service["image"].Text.StartsWith("flowerpower-actors", StringComparison.Ordinal);

    public TimeSpan Grace => service["stop_grace_period"].Length;

    /// <summary>The services that must be healthy before this one starts.</summary>
    public IEnumerable<string> Needs => service["depends_on"].Entries.Where(entry => entry.Value["condition"].Text == "service_healthy").Select(entry => entry.Key);

    /// <summary>The command that says by its exit code whether it is healthy.</summary>
    public string[] HealthCheck
    {
        get
        {
            var words = service["healthcheck"]["test"].Texts;
            Assert.Equal("CMD", words[0]); // the other form would need a shell
            return words[1..];
        }
    }

    public ContainerSpec Spec
    {
        get
        {
            var command = service["command"].IsThere ? service["command"].Texts : null;
            var image = IsNode ? ContainerSpec.OfNodes(command: command) : ContainerSpec.OfRedis(command!);
            foreach (var (variable, value) in service["environment"].Entries)
            {
                image.Environment[variable] = value.Text;
            }

            return image with { IsReadOnly = service["read_only"].TextOrNull == "true", Mounts = [.. Tmpfs(), .. Volumes(), .. Secrets()] };
        }
    }

    /// <summary>The source in this machine of what is mounted somewhere in the container.</summary>
    public string SourceOf(string target) => Assert.Single(Volumes(), mount => mount.Target == target).Source!;

    private IEnumerable<ContainerMount> Tmpfs() => service["tmpfs"].Texts.Select(text => text.Split(':', 2)).Select(p => new ContainerMount(p[0], null, p.Length > 1 ? p[1] : ""));

    private IEnumerable<ContainerMount> Volumes() => service["volumes"].Texts.Select(text => text.Split(':')).Select(parts => new ContainerMount(
        parts[1], parts[0].StartsWith('.') || parts[0].StartsWith('/') ? ComposeFile.PathOf(parts[0]) : volumes(parts[0]), parts.Length > 2 ? parts[2] : ""));

    private IEnumerable<ContainerMount> Secrets() =>
        service["secrets"].Texts.Select(secret => new ContainerMount($"/run/secrets/{secret}", ComposeFile.PathOf(file["secrets"][secret]["file"].Text), "ro"));
}
