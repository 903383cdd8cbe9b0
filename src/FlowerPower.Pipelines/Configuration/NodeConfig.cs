using System.Collections;
using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>A cluster node's file: where it listens, which Redis it shares, what it does. Values are checked for their type, not for their meaning.</summary>
public sealed record NodeConfig : ConfigBlock
{
    private const int MaxBytes = 1 << 20;

    internal NodeConfig(Dictionary<string, object?> values) : base(NodeSchema.Node, values)
    {
    }

    /// <summary>The node's name, for people; by default null: the machine's.</summary>
    public string? Name => Get<string?>("name");

    /// <summary>The URL of the Redis that the cluster shares; by default null. It may hold a password: never print it.</summary>
    public string? Redis => Get<string?>("redis");

    /// <summary>Where to listen, <c>host:port</c>; by default null.</summary>
    public string? Listen => Get<string?>("listen");

    /// <summary>Where others reach the node, <c>host:port</c>; by default null: where it listens.</summary>
    public string? Advertise => Get<string?>("advertise");

    /// <summary>What it does; by default <c>queue</c> and <c>worker</c>.</summary>
    public IReadOnlyList<string> Roles => Get<string[]>("roles");

    /// <summary>How many shards it takes compared with others; 1 to 100, by default 1.</summary>
    public int Weight => Get<int>("weight");

    /// <summary>Jobs that it runs at once, 0 to 100,000; by default null: as many as there are processors.</summary>
    public int? Slots => (int?)this["slots"];

    /// <summary>The queues that it serves; empty (the default): all.</summary>
    public IReadOnlyList<string> Queues => Get<string[]>("queues");

    /// <summary>The file that holds the cluster's secret; by default null. A relative path is relative to the node's file.</summary>
    public string? SecretFile => Get<string?>("secret_file");

    /// <summary>The file of the certificate that the node shows (PEM); by default null: no TLS. A relative path is relative to the node's file.</summary>
    public string? TlsCertificate => Tls("certificate");

    /// <summary>The file of the certificate's private key (PEM); by default null. A relative path is relative to the node's file.</summary>
    public string? TlsKey => Tls("key");

    /// <summary>The file of the authorities that are trusted (PEM); by default null: the machine's. A relative path is relative to the node's file.</summary>
    public string? TlsAuthority => Tls("authority");

    /// <summary>The name that all nodes' certificates bear; by default null: each bears the host of its own address.</summary>
    public string? TlsName => Tls("name");

    /// <summary>The folder of the project whose pipelines it runs; by default null. A relative path is relative to the node's file.</summary>
    public string? Project => Get<string?>("project");

    /// <summary>Where the health endpoint listens, <c>host:port</c>; by default null: there is none.</summary>
    public string? Health => Get<string?>("health");

    /// <summary>How long a stop waits for running jobs before it hands them back; above zero, by default null.</summary>
    public TimeSpan? Drain => (TimeSpan?)this["drain"];

    /// <summary>How long the node lives without a renewal; by default null. Above zero is not checked here.</summary>
    public TimeSpan? Lease => Seconds("lease");

    /// <summary>How often it renews; by default null.</summary>
    public TimeSpan? RenewEvery => Seconds("renew_every");

    /// <summary>How long before its lease ends it stops serving; by default null.</summary>
    public TimeSpan? Guard => Seconds("guard");

    /// <summary>No file at all: every key has its default.</summary>
    public static NodeConfig Empty { get; } = new([]);

    /// <summary>Reads a node's file; environment variables are put into its values as in <c>conf/project.yml</c>.</summary>
    /// <param name="environment"><see langword="null"/>: this process's.</param>
    /// <exception cref="ProjectException">The file cannot be read.</exception>
    /// <exception cref="ConfigException">It is not YAML, has an unknown or repeated key, or a value does not fit; the message names place and key.</exception>
    public static NodeConfig Load(string path, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var source = Path.GetFileName(path);
        var context = new BindContext([]);
        var written = YamlReader.Read(ReadText(path), source, context.Warnings);
        var expanded = new EnvironmentText(environment ?? Variables()).Expand(written);
        var config = (NodeConfig)NodeSchema.Node.Bind(NodeSchema.Node.Normalize(expanded, context, ""), context, "");

        // A node that runs for months must not run on half of what somebody meant.
        return context.Warnings is [var first, ..]
            ? throw new ConfigException(new Origin(first.Source, first.Line, first.Line > 0 ? 1 : 0), first.Key, first.Message)
            : config;
    }

    private string? Tls(string key) => (string?)((ConfigSection)this["tls"]!)[key];

    private TimeSpan? Seconds(string key) => ((ConfigSection)this["lease"]!)[key] is double seconds and < 1e9 ? TimeSpan.FromSeconds(seconds) : null;

    private static string ReadText(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? File.ReadAllText(path)
                : throw new ProjectException($"The node's file '{path}' is larger than 1 MiB: it is not one.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProjectException($"The node's file '{path}' cannot be read: {error.Message}", error);
        }
    }

    private static Dictionary<string, string?> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value);
}
