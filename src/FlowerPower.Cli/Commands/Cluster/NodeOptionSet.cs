using System.CommandLine;
using System.Net;
using FlowerPower.Actors.Transport;
using FlowerPower.Cli.Parsing;
using FlowerPower.Client;
using FlowerPower.Node;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>What <c>node start</c> can be told, on the command line or in a file; the command line wins.</summary>
internal sealed class NodeOptionSet
{
    private const string DefaultListen = "127.0.0.1:7710";
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(30);

    private readonly Option<string?> config = Text("--config", "FILE", "A YAML file with these settings, and more: weight, health, tls, lease");
    private readonly Option<string?> name = Text("--name", "NAME", "The node's name, for people. Default: the machine's");
    private readonly Option<string?> redis = Text("--redis", "URL", "The Redis that all nodes share: redis://[:PASSWORD@]HOST[:PORT][/DB][?name=CLUSTER]");
    private readonly Option<string?> listen = Text("--listen", "HOST:PORT", $"Where to listen for nodes and clients; port 0 for a free one. Default: {DefaultListen}");
    private readonly Option<string?> advertise = Text("--advertise", "HOST:PORT", "Where others reach it. Default: where it listens");
    private readonly Option<string?> roles = Text("--roles", "queue,worker", "What it does: keep jobs, run them, or both. Default: both");
    private readonly Option<int?> slots = Values.Whole("--slots", "Jobs that run at once. Default: the number of processors", 0, 100_000);
    private readonly Option<string?> queues = Text("--queues", "A,B", "The queues whose jobs it runs, separated by commas. Default: all");
    private readonly Option<string?> secretFile = Text("--secret-file", "FILE", "The file that holds the cluster's secret; needed to listen beyond this machine");

    private readonly NodeTlsOptionSet tls = new();

    private readonly Option<TimeSpan?> drain = Values.Length(
        "--drain", "When it is told to stop: how long running jobs may take to finish, before they are handed back. Default: 30s", mayBeZero: true);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[config, name, redis, listen, advertise, roles, slots, queues, secretFile, drain])
        {
            command.Add(option);
        }

        tls.AddTo(command);
    }

    /// <exception cref="ConfigException">The file cannot be used.</exception>
    /// <exception cref="UsageException">What the command line and the file come to cannot be used.</exception>
    public NodeSettings Read(CommandContext context)
    {
        var parse = context.Parse;
        var here = context.Host.CurrentDirectory;
        var path = parse.GetValue(config) is { } given ? Path.GetFullPath(given, here) : null;
        var folder = path is null ? here : Path.GetDirectoryName(path)!;
        var file = path is null ? NodeConfig.Empty : NodeConfig.Load(path);
        var from = new Source(parse, path is null ? null : Path.GetFileName(path));

        var does = Roles(parse.GetValue(roles)?.Split(',', StringSplitOptions.TrimEntries) ?? file.Roles, from.Of(roles, "roles"));
        var isWorker = does.HasFlag(MemberRoles.Worker);
        var secretPath = parse.GetValue(secretFile) is { } flag ? Path.GetFullPath(flag, here) : file.SecretFile is { } key ? Path.GetFullPath(key, folder) : null;
        var secret = secretPath is null ? null : Named(from.Of(secretFile, "secret_file"), () => ClusterPlaces.ReadSecret(secretPath));
        var at = Address(parse.GetValue(listen) ?? file.Listen ?? DefaultListen, from.Of(listen, "listen"));
        var reachedAt = (parse.GetValue(advertise) ?? file.Advertise) is { } text ? Address(text, from.Of(advertise, "advertise")) : (PeerAddress?)null;
        RequireReachable(at, reachedAt, secret, from.Of(listen, "listen"));
        var served = parse.GetValue(queues) is { } list ? list.Split(',', StringSplitOptions.TrimEntries) : file.Queues is { Count: > 0 } some ? [.. some] : null;
        if (served?.Any(queue => queue.Length == 0 || queue.Any(char.IsWhiteSpace)) == true)
        {
            throw new UsageException($"{from.Of(queues, "queues")} must be names without spaces, such as default,reports; leave it out to serve all.");
        }

        return new NodeSettings
        {
            Name = parse.GetValue(name) ?? file.Name ?? (Environment.MachineName is { Length: > 0 } machine ? machine : "node"),
            Redis = Named(from.Of(redis, "redis"), () => RedisAddress.Parse(
                parse.GetValue(redis) ?? file.Redis
                    ?? throw new UsageException("Which Redis do the nodes share? Name it with --redis URL, or with redis in the file that --config names."),
                RedisAddress.DefaultName)),
            Listen = at,
            Advertise = reachedAt,
            Roles = does,
            Weight = file.Weight,
            Slots = isWorker ? parse.GetValue(slots) ?? file.Slots ?? Environment.ProcessorCount : 0,
            Queues = served,
            Secret = secret,
            Tls = tls.Read(context, file, folder, (reachedAt ?? at).Host),
            Health = file.Health is { } health ? HealthAddress(health, from.Of(null, "health")) : null,
            Drain = parse.GetValue(drain) ?? file.Drain ?? DefaultDrain,
            Lease = Lease(file, from.Of(null, "lease")),
            Project = !isWorker ? null
                : !context.HasProjectOption && file.Project is { } project ? Path.GetFullPath(project, folder)
                : context.FindProject(),
        };
    }

    private static MemberRoles Roles(IReadOnlyList<string> words, string source)
    {
        var all = words.Aggregate(MemberRoles.None, (sum, word) => sum | word.ToLowerInvariant() switch
        {
            "queue" => MemberRoles.Queue,
            "worker" => MemberRoles.Worker,
            _ => throw new UsageException($"{source} must be queue, worker or both (queue,worker), not '{word}'."),
        });
        return all != MemberRoles.None ? all : throw new UsageException($"{source} must be queue, worker or both (queue,worker), not empty.");
    }

    private static PeerAddress Address(string text, string source) => PeerAddress.TryParse(text, out var address)
        ? address
        : throw new UsageException($"{source} must be an address as host:port, such as 10.0.0.1:7710, not '{text}'.");

    private static void RequireReachable(PeerAddress listen, PeerAddress? advertise, string? secret, string source)
    {
        if (secret is null && !IsLoopback(listen))
        {
            throw new UsageException(
                $"{source} is {listen}, beyond this machine, and the cluster has no secret: whoever reaches that port could enqueue and run jobs. "
                + "Give every node the same file with --secret-file (openssl rand -hex 32 makes a secret), or listen on 127.0.0.1.");
        }

        if (advertise is null && IsAnywhere(listen))
        {
            throw new UsageException($"{source} is {listen}, which is every address of this machine and none that others could dial: say which with --advertise HOST:PORT.");
        }
    }

    private static PeerAddress HealthAddress(string text, string source)
    {
        var address = Address(text, source);
        return !IsAnywhere(address) && (IsLoopback(address) || IPAddress.TryParse(address.Host, out _))
            ? address
            : throw new UsageException($"{source} must be one IP address of this machine with a port, such as 127.0.0.1:7711, not '{text}': whoever reaches it may read it.");
    }

    private static bool IsLoopback(PeerAddress address) =>
        address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsAnywhere(PeerAddress address) =>
        IPAddress.TryParse(address.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private static LeaseTimes Lease(NodeConfig file, string source)
    {
        var usual = new LeaseTimes();
        var times = new LeaseTimes
        {
            Lease = file.Lease ?? usual.Lease,
            RenewEvery = file.RenewEvery ?? usual.RenewEvery,
            Guard = file.Guard ?? usual.Guard,
        };
        try
        {
            times.Validate();
            return times;
        }
        catch (ArgumentException wrong)
        {
            throw new UsageException($"{source}: {wrong.Message.Split(" (Parameter")[0]}");
        }
    }

    private static T Named<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new UsageException($"{source}: {error.Message}");
        }
    }

    private static Option<string?> Text(string name, string placeholder, string description) => new(name) { Description = description, HelpName = placeholder };

    /// <summary>Where a value came from, as messages name it.</summary>
    private sealed class Source(ParseResult parse, string? file)
    {
        public string Of(Option? option, string key) =>
            option is not null && (file is null || parse.GetResult(option) is not null) ? option.Name : $"{file}: {key}";
    }
}
