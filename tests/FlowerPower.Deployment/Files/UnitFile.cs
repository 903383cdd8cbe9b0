using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment.Files;

/// <summary>The systemd unit, as systemd would understand it.</summary>
internal sealed class UnitFile
{
    public const string Folder = "cluster-config/systemd";

    private readonly List<(string Section, string Key, string Value)> settings = [];

    public UnitFile()
    {
        var section = "";
        foreach (var line in Repository.Read($"{Folder}/flowerpower-node@.service").Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '[')
            {
                section = line.Trim('[', ']');
                continue;
            }

            var at = line.IndexOf('=', StringComparison.Ordinal);
            Assert.True(at > 0, $"A line of the unit is no setting: {line}");
            settings.Add((section, line[..at], line[(at + 1)..]));
        }
    }

    public string One(string key) => Assert.Single(settings, setting => setting.Key == key).Value;

    public IEnumerable<string> All(string key) => settings.Where(setting => setting.Key == key).Select(setting => setting.Value);

    public IEnumerable<(string Section, string Key)> Keys => settings.Select(setting => (setting.Section, setting.Key));

    public TimeSpan Grace => TimeSpan.FromSeconds(int.Parse(One("TimeoutStopSec")));

    /// <summary>The lines of an environment file.</summary>
    public static Dictionary<string, string> ReadEnvironment(string text) => text.Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('=', 2))
        .ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>What systemd starts for an instance.</summary>
    /// <param name="instance">What stands after the @.</param>
    /// <param name="host">The machine's name.</param>
    /// <param name="environment">The environment file's variables, as the machine's owner has written them.</param>
    /// <param name="secret">The file that only root can read.</param>
    /// <param name="notifySocket">The file of the socket that systemd listens on.</param>
    /// <param name="project">The project of a worker.</param>
    public ContainerSpec Spec(string instance, string host, IReadOnlyDictionary<string, string> environment, string secret, string notifySocket, string project)
    {
        const string User = "61184"; // one of those that DynamicUser takes
        var credentials = $"/run/credentials/flowerpower-node@{instance}.service";
        Assert.Equal($"/etc/flowerpower/{instance}.env", Expand(One("EnvironmentFile"))); // where the given variables are to be
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["CREDENTIALS_DIRECTORY"] = credentials,
            ["NOTIFY_SOCKET"] = "/run/systemd/notify",
            ["CACHE_DIRECTORY"] = $"/var/cache/{One("CacheDirectory")}",
        };
        foreach (var (name, value) in All("Environment").Select(line => Expand(line).Split('=', 2)).Select(parts => (parts[0], parts[1])).Concat(environment.Select(e => (e.Key, e.Value))))
        {
            variables[name] = value;
        }

        Assert.Equal("yes", One("DynamicUser"));
        Assert.Equal("strict", One("ProtectSystem"));
        Assert.Equal("yes", One("PrivateTmp"));
        var credential = One("LoadCredential").Split(':');
        Assert.Equal("/etc/flowerpower/secret", credential[1]);
        return new ContainerSpec
        {
            Command = Expand(One("ExecStart")).Split(' '),
            Environment = variables,
            User = User,
            WorkFolder = One("WorkingDirectory"),
            IsReadOnly = true,
            Mounts =
            [
                new("/tmp", null),
                new(variables["CACHE_DIRECTORY"], null, $"mode=700,uid={User},gid={User}"),
                new("/opt/flowerpower", PublishedTool.FolderAsync().GetAwaiter().GetResult(), "ro"),
                new($"/etc/flowerpower/{instance}.yml", Repository.PathOf($"{Folder}/{instance}.yml"), "ro"),
                new($"{credentials}/{credential[0]}", secret, "ro"),
                new("/run/systemd/notify", notifySocket),
                new("/srv/flowerpower/project", project, "ro"),
            ],
        };

        string Expand(string text) => text.Replace("%i", instance, StringComparison.Ordinal).Replace("%H", host, StringComparison.Ordinal);
    }
}
