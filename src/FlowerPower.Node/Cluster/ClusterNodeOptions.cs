using FlowerPower.Actors.Transport;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>What a node of a cluster is made with. No record: a record would print its secret.</summary>
public sealed class ClusterNodeOptions
{
    /// <summary>The Redis that holds the cluster's truth. Its <c>name</c> is the cluster's name.</summary>
    public required RedisAddress Redis { get; init; }

    /// <summary>Where to listen for other nodes and clients; port 0 for a free one.</summary>
    public required PeerAddress Listen { get; init; }

    /// <summary>Where others reach it; <see langword="null"/>: where it listens.</summary>
    public PeerAddress? Advertise { get; init; }

    /// <summary>What it does.</summary>
    public MemberRoles Roles { get; init; } = MemberRoles.Queue | MemberRoles.Worker;

    /// <summary>How many shards it takes compared with others; 1 to 100.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The cluster's shared secret, at least 16 bytes; mandatory to listen beyond loopback.</summary>
    public string? Secret { get; init; }

    /// <summary>TLS on every connection between nodes and clients, with this node's certificate; <see langword="null"/> for none. All use it or none.</summary>
    public PeerTlsOptions? Tls { get; init; }

    /// <summary>Leases and the time-outs that depend on them.</summary>
    public LeaseTimes Lease { get; init; } = new();

    /// <summary>The node's own options: its name, its worker slots, its queues.</summary>
    public NodeOptions Node { get; init; } = new();

    /// <summary>How shards come and go.</summary>
    internal Cluster.ShardPlan Plan { get; init; } = Cluster.ShardPlan.Default;

    /// <summary>The version of the program, for people.</summary>
    public string Software { get; init; } = "";
}
