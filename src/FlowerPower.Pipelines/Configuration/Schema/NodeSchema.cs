namespace FlowerPower.Pipelines.Configuration;

/// <summary>The keys of a cluster node's file.</summary>
internal static class NodeSchema
{
    public static readonly BlockSchema Lease = BlockSchema.Untyped(
        new KeySpec("lease", new NumberKind(0, nullable: true)),
        new KeySpec("renew_every", new NumberKind(0, nullable: true)),
        new KeySpec("guard", new NumberKind(0, nullable: true)));

    public static readonly BlockSchema Tls = BlockSchema.Untyped(
        new KeySpec("certificate", new TextKind(AFile)),
        new KeySpec("key", new TextKind(AFile)),
        new KeySpec("authority", new TextKind(AFile)),
        new KeySpec("name", new TextKind("a host's name")));

    public static readonly BlockSchema Node = new(
        values => new NodeConfig(values),
        new KeySpec("name", new TextKind("a name")),
        new KeySpec("redis", new TextKind("a URL such as redis://localhost:6379?name=shop")) { Secret = true },
        new KeySpec("listen", new TextKind(AnAddress)),
        new KeySpec("advertise", new TextKind(AnAddress)),
        new KeySpec("roles", new TextListKind(), new[] { "queue", "worker" }),
        new KeySpec("weight", new WholeKind(1, 100), 1),
        new KeySpec("slots", new WholeKind(0, 100_000, nullable: true)),
        new KeySpec("queues", new TextListKind(), Array.Empty<string>()),
        new KeySpec("secret_file", new TextKind(AFile)),
        new KeySpec("tls", new BlockKind(Tls), Tls.Create([])),
        new KeySpec("project", new TextKind("a folder")),
        new KeySpec("health", new TextKind(AnAddress)),
        new KeySpec("drain", new DurationKind()),
        new KeySpec("lease", new BlockKind(Lease), Lease.Create([])));

    private const string AFile = "a file's path";
    private const string AnAddress = "an address as host:port";
}
