using System.Net.Sockets;
using System.Text;
using FlowerPower.Deployment.Files;
using FlowerPower.TestServers;

namespace FlowerPower.Deployment.Machines;

/// <summary>A network, the containers on it, and a folder for what they share with the test.</summary>
internal sealed class Place : IAsyncDisposable
{
    private readonly List<Container> containers = [];

    private Place(Network network) => Network = network;

    public Network Network { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("fp-place-").FullName;

    /// <summary>A secret in the form that the guide's command makes.</summary>
    public string Secret { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    public static async Task<Place> OfAsync(params string[] machines) => new(await Network.CreateAsync(machines));

    public async Task<Container> StartAsync(string machine, ContainerSpec spec)
    {
        var started = await Container.StartAsync(Network, machine, spec);
        lock (containers)
        {
            containers.Add(started);
        }

        return started;
    }

    /// <summary>A file with the secret, which others than its owner can read as well.</summary>
    public string SecretFile()
    {
        var path = Path.Combine(Folder, "secret");
        File.WriteAllText(path, Secret + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return path;
    }

    /// <summary>An empty folder that everybody may write to.</summary>
    public string Volume(string name)
    {
        var path = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        return path;
    }

    /// <summary>The example's project with one more pipeline, whose job runs until the test lets it go on.</summary>
    public string Project()
    {
        var root = Path.Combine(Folder, "project");
        foreach (var path in Directory.EnumerateFiles(Repository.PathOf("docs/examples/hello"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(root, Path.GetRelativePath(Repository.PathOf("docs/examples/hello"), path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        File.WriteAllText(
            Path.Combine(root, "pipelines", "gated.cs"),
            """
            using System.Net.Sockets;
            using System.Text;

            public static class Gated
            {
                public static async Task<string> Answer(string gate, CancellationToken stop)
                {
                    using var client = new TcpClient();
                    await client.ConnectAsync(System.Net.IPEndPoint.Parse(gate), stop);
                    var told = new byte[64];
                    return Encoding.UTF8.GetString(told, 0, await client.GetStream().ReadAsync(told, stop));
                }
            }
            """);
        File.WriteAllText(Path.Combine(root, "conf", "pipelines", "gated.yml"), "run:\n  final_vars: [answer]\n");
        return root;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in containers)
        {
            container.Dispose();
        }

        await Network.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Where running jobs arrive and wait until the test lets them go on.</summary>
internal sealed class Gate : IDisposable
{
    private readonly Network network;
    private readonly TcpListener listener;

    public Gate(Network network)
    {
        this.network = network;
        listener = new TcpListener(System.Net.IPAddress.Parse(network.OutsideAddress), 0);
        listener.Start();
    }

    /// <summary>The pipeline's input.</summary>
    public string Address => listener.LocalEndpoint.ToString()!;

    /// <summary>The next job: it runs now.</summary>
    public Task<TcpClient> ArrivalAsync() => listener.AcceptTcpClientAsync().WaitAsync(Container.Bound);

    /// <summary>Does the job run on this machine?</summary>
    public bool IsFrom(TcpClient job, string machine) => ((System.Net.IPEndPoint)job.Client.RemoteEndPoint!).Address.ToString() == network.AddressOf(machine);

    public static async Task ReleaseAsync(TcpClient job, string answer)
    {
        await job.GetStream().WriteAsync(Encoding.UTF8.GetBytes(answer));
        job.Dispose();
    }

    public void Dispose() => listener.Dispose();
}
