using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>The <c>job_queue.backend</c> block: the connection to Redis, by URL or in parts. A URL wins over the parts.</summary>
public sealed record BackendConfig : ConfigBlock
{
    internal BackendConfig(Dictionary<string, object?> values) : base(ProjectSchema.Backend, values)
    {
    }

    /// <summary>The backend's name; by default <c>redis</c>.</summary>
    public string Type => Get<string>("type");

    /// <summary>A URL such as <c>rediss://user:password@host:6379/0</c>, also written <c>url</c>; by default null.</summary>
    public string? Uri => Get<string?>("uri");

    /// <summary>The user's name; by default null.</summary>
    public string? Username => Get<string?>("username");

    /// <summary>The password; by default null. Never printed.</summary>
    public string? Password => Get<string?>("password");

    /// <summary>The host; by default <c>localhost</c>.</summary>
    public string Host => Get<string>("host");

    /// <summary>The port, 1 to 65535; by default 6379.</summary>
    public int Port => Get<int>("port");

    /// <summary>The database's number, also written <c>db</c>; 0 or more, by default 0.</summary>
    public int Database => Get<int>("database");

    /// <summary>Connect with TLS; by default false.</summary>
    public bool Ssl => Get<bool>("ssl");

    /// <summary>The client certificate's file (PEM); by default null.</summary>
    public string? CertFile => Get<string?>("cert_file");

    /// <summary>The client certificate's key file (PEM); by default null.</summary>
    public string? KeyFile => Get<string?>("key_file");

    /// <summary>The file of the authorities that are trusted (PEM); by default null: the system's.</summary>
    public string? CaFile => Get<string?>("ca_file");

    /// <summary>Check the server's certificate; by default false, as in FlowerPower.</summary>
    public bool VerifySsl => Get<bool>("verify_ssl");

    /// <summary>The queues of RQ, first served first; by default <c>default</c>, <c>high</c>, <c>low</c>, <c>scheduler</c>.</summary>
    public IReadOnlyList<string> Queues => Get<string[]>("queues");

    /// <summary>With type <c>cluster</c>: nodes of the cluster, each <c>host:port</c>; by default none.</summary>
    public IReadOnlyList<string> Nodes => Get<string[]>("nodes");

    /// <summary>With type <c>cluster</c>: the cluster's name; by default null: <c>flowerpower</c>.</summary>
    public string? ClusterName => Get<string?>("cluster_name");

    /// <summary>With type <c>cluster</c>: the file that holds its secret, relative to the project; by default null.</summary>
    public string? SecretFile => Get<string?>("secret_file");

    /// <summary>With type <c>cluster</c> and TLS: the name that all nodes' certificates bear; by default null: each bears the host that is dialled.</summary>
    public string? TlsName => Get<string?>("tls_name");
}
