using System.Text.Json;
using FlowerPower.Deployment.Files;
using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment;

/// <summary>docker-compose.cluster.yml, brought up with a machine per service: its commands, files, users, mounts and health checks as they are written.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Machines = ["redis", "queue-1", "queue-2", "queue-3", "worker-1", "worker-2"];
    private static readonly string[] In = ["--cluster", "queue-1:7710", "--secret-file", "/run/secrets/cluster"];

    [Fact]
    public async Task What_the_compose_file_says_comes_up_healthy_runs_jobs_and_stops_within_its_grace()
    {
        await using var place = await Place.OfAsync(Machines);
        using var gate = new Gate(place.Network);
        var compose = new ComposeFile(
            new Dictionary<string, string> { ["FLOWERPOWER_PROJECT"] = place.Project(), ["FLOWERPOWER_SECRET_FILE"] = place.SecretFile() }, place.Volume);
        Assert.Equal(Machines.Order(StringComparer.Ordinal), compose.Services.Keys.Order(StringComparer.Ordinal));

        var up = new Dictionary<string, Container> { ["redis"] = await StartAsync(place, compose.Services["redis"]) };
        foreach (var service in compose.Nodes)
        {
            Assert.Equal(["redis"], service.Needs); // healthy by now
        }

        foreach (var node in await Task.WhenAll(compose.Nodes.Select(service => StartAsync(place, service))))
        {
            up.Add(node.Machine, node);
        }

        // The command that the file's first lines give.
        var command = compose.Text.Split('\n').Select(line => line.Split(" exec ")).First(parts => parts.Length == 2)[1].Split(' ');
        var ran = await up[command[0]].ExecAsync(command[1..]);
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.Out);

        var shown = await up["queue-3"].ExecAsync(["flowerpower", "cluster", "show", "--output", "json", .. In]);
        Assert.Equal(
            [
                ("queue-1", "queue-1:7710", "queue", "up"), ("queue-2", "queue-2:7710", "queue", "up"), ("queue-3", "queue-3:7710", "queue", "up"),
                ("worker-1", "worker-1:7710", "worker", "up"), ("worker-2", "worker-2:7710", "worker", "up"),
            ],
            Members(shown.Out));
        var stranger = await up["queue-2"].ExecAsync("flowerpower", "cluster", "show", "--cluster", "queue-1:7710");
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains("give both the same cluster secret", stranger.Error, StringComparison.Ordinal);

        await AssertDrainsAsync(up["worker-1"], up["worker-2"], gate, compose.Services["worker-1"].HealthCheck, compose.Services["worker-1"].Grace);
        foreach (var service in compose.Nodes.Where(service => service.Name != "worker-1"))
        {
            up[service.Name].Signal(Container.Terminate);
        }

        foreach (var service in compose.Nodes.Where(service => service.Name != "worker-1"))
        {
            Assert.Equal(0, await up[service.Name].ExitAsync(service.Grace));
        }

        up["redis"].Signal(Container.Terminate);
        Assert.Equal(0, await up["redis"].ExitAsync(compose.Services["redis"].Grace));
        Assert.True(Directory.Exists(Path.Combine(place.Volume("redis-data"), "appendonlydir"))); // and what was acknowledged is in the volume
    }

    /// <summary>A worker that is told to stop is unhealthy and finishes its jobs; both workers get one, so that it is known where one runs.</summary>
    private static async Task AssertDrainsAsync(Container stopped, Container other, Gate gate, string[] healthCheck, TimeSpan grace)
    {
        for (var job = 1; job <= 8; job++) // each worker has four slots
        {
            var enqueued = await other.ExecAsync(["flowerpower", "queue", "enqueue", "gated", "--id", $"g{job}", "--inputs", $"gate={gate.Address}", .. In]);
            Assert.True(enqueued.ExitCode == 0, enqueued.Error);
        }

        var running = new List<System.Net.Sockets.TcpClient>();
        for (var job = 1; job <= 8; job++)
        {
            running.Add(await gate.ArrivalAsync());
        }

        stopped.Signal(Container.Terminate);
        await stopped.LineAsync("stopping: running jobs may take 30 s to finish");
        var (exitCode, _, why) = await stopped.ExecAsync(healthCheck);
        Assert.Equal(1, exitCode);
        Assert.Contains("is not ready: the node stops", why, StringComparison.Ordinal);
        Assert.Equal(0, (await stopped.ExecAsync([.. healthCheck.Select(word => word == "ready" ? "live" : word)])).ExitCode);
        foreach (var job in running)
        {
            await Gate.ReleaseAsync(job, "at last");
        }

        Assert.Equal(0, await stopped.ExitAsync(grace));
        Assert.Contains("stopped: 4 attempts", stopped.Log, StringComparison.Ordinal);
        Assert.Equal("answer  at last\n", (await other.ExecAsync(["flowerpower", "queue", "result", "g8", "--wait", .. In])).Out);
    }

    private static async Task<Container> StartAsync(Place place, ComposeService service)
    {
        var container = await place.StartAsync(service.Name, service.Spec);
        if (service.IsNode)
        {
            await container.LineAsync("Serving cluster 'flowerpower'");
        }

        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            var (exitCode, said, error) = await container.ExecAsync(service.HealthCheck);
            if (exitCode == 0)
            {
                return container;
            }

            // A node that serves is healthy; what serves without a word has to be asked until it answers.
            Assert.False(service.IsNode || container.HasExited || TimeProvider.System.GetElapsedTime(began) > Container.Bound, $"{service.Name}: {said}{error}\n{container.Log}");
        }
    }

    private static IEnumerable<(string, string, string, string)> Members(string json) => JsonDocument.Parse(json).RootElement.GetProperty("members").EnumerateArray().Select(m => (
        m.GetProperty("name").GetString()!,
        m.GetProperty("address").GetString()!,
        string.Join(',', m.GetProperty("roles").EnumerateArray().Select(role => role.GetString())),
        m.GetProperty("status").GetString()!));
}
