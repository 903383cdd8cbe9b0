using System.Net.Sockets;
using System.Text;
using FlowerPower.Deployment.Files;
using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment;

/// <summary>cluster-config/systemd: the unit's command, files, credential and notifications, as systemd would start it on two machines.</summary>
public sealed class SystemdTests
{
    [Fact]
    public async Task What_the_unit_says_starts_a_node_that_notifies_runs_jobs_and_ends_within_its_time()
    {
        await using var place = await Place.OfAsync("redis", "alpha", "beta");
        var unit = new UnitFile();
        await place.StartAsync("redis", ContainerSpec.OfRedis(["redis-server", "--protected-mode", "no", "--dir", "/tmp"]));
        using var toldByQueue = new NotifySocket(place.Folder, "q");
        using var toldByWorker = new NotifySocket(place.Folder, "w");
        Assert.Equal("notify", unit.One("Type"));

        var queue = await StartAsync("alpha", "queue", "queue-1.example.net:7710", toldByQueue);
        var worker = await StartAsync("beta", "worker", "worker-1.example.net:7720", toldByWorker);
        Assert.StartsWith("READY=1\nSTATUS=Serving cluster 'flowerpower' as alpha-queue-", await toldByQueue.NextAsync(), StringComparison.Ordinal);
        Assert.StartsWith("READY=1\nSTATUS=Serving cluster 'flowerpower' as beta-worker-", await toldByWorker.NextAsync(), StringComparison.Ordinal);

        string[] asked = ["/opt/flowerpower/FlowerPower.Cli", "queue", "run", "hello", "--project", "/srv/flowerpower/project", "--cluster", "alpha:7710"];
        var ran = await worker.ExecAsync([.. asked, "--secret-file", "/run/credentials/flowerpower-node@worker.service/cluster"]);
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.Out);

        Assert.Equal("SIGTERM", unit.One("KillSignal"));
        foreach (var (node, told) in new[] { (worker, toldByWorker), (queue, toldByQueue) })
        {
            node.Signal(Container.Terminate);
            Assert.StartsWith("STOPPING=1\n", await told.NextAsync(), StringComparison.Ordinal);
            Assert.Equal(0, await node.ExitAsync(unit.Grace));
        }

        Task<Container> StartAsync(string machine, string instance, string exampleAddress, NotifySocket told)
        {
            // The example's file, with the addresses of these machines in place of the example's.
            var written = Repository.Read($"{UnitFile.Folder}/{instance}.env");
            Assert.Contains("redis.example.net", written, StringComparison.Ordinal);
            Assert.Contains(exampleAddress, written, StringComparison.Ordinal);
            var environment = UnitFile.ReadEnvironment(written
                .Replace("redis.example.net", "redis", StringComparison.Ordinal)
                .Replace(exampleAddress.Split(':')[0], machine, StringComparison.Ordinal));
            return place.StartAsync(machine, unit.Spec(instance, machine, environment, place.SecretFile(), told.Path, Repository.PathOf("docs/examples/hello")));
        }
    }

    [Fact]
    public void The_unit_tries_on_for_ever_and_gives_a_node_more_time_than_it_may_take()
    {
        var unit = new UnitFile();

        Assert.Equal("always", unit.One("Restart"));
        Assert.Equal("0", unit.One("StartLimitIntervalSec"));
        Assert.Equal("", unit.One("CapabilityBoundingSet"));
        Assert.Equal(["Install", "Service", "Unit"], unit.Keys.Select(key => key.Section).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(unit.Keys.GroupBy(key => key).Where(group => group.Count() > 1 && group.Key.Key != "Environment").Select(group => group.Key.Key));
    }

    /// <summary>Where systemd listens for what its services say.</summary>
    private sealed class NotifySocket : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

        public NotifySocket(string folder, string name)
        {
            Path = System.IO.Path.Combine(folder, name);
            socket.Bind(new UnixDomainSocketEndPoint(Path));
            File.SetUnixFileMode(Path, (UnixFileMode)0b110_110_110);
        }

        public string Path { get; }

        public async Task<string> NextAsync()
        {
            var words = new byte[4096];
            return Encoding.UTF8.GetString(words, 0, await socket.ReceiveAsync(words).WaitAsync(Container.Bound));
        }

        public void Dispose() => socket.Dispose();
    }
}
