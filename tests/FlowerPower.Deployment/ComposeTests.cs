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

        Assert.Equal(
            [
                ("queue-1", "queue-1:7710", "queue", "up"), ("queue-2", "queue-2:7710", "queue", "up"), ("queue-3", "queue-3:7710", "queue", "up"),
                ("worker-1", "worker-1:7710", "worker", "up"), ("worker-2", "worker-2:7710", "worker", "up"),
            ],
            await MembersAsync(up["queue-3"], compose.Nodes.Count()));
        var stranger = await up["queue-2"].ExecAsync("flowerpower", "cluster", "show", "--cluster", "queue-1:7710");
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains("give both the same cluster secret", stranger.Error, StringComparison.Ordinal);

        var stopped = await AssertDrainsAsync(up, gate, compose);
        foreach (var service in compose.Nodes.Where(service => service.Name != stopped))
        {
            up[service.Name].Signal(Container.Terminate);
        }

        foreach (var service in compose.Nodes.Where(service => service.Name != stopped))
        {
            Assert.Equal(0, await up[service.Name].ExitAsync(service.Grace));
        }

        up["redis"].Signal(Container.Terminate);
        Assert.Equal(0, await up["redis"].ExitAsync(compose.Services["redis"].Grace));
        Assert.True(Directory.Exists(Path.Combine(place.Volume("redis-data"), "appendonlydir"))); // and what was acknowledged is in the volume
    }

    /// <summary>A worker that is told to stop while a job runs is unready and alive, lets the job finish, and ends in time.</summary>
    /// <returns>Its name.</returns>
    private static async Task<string> AssertDrainsAsync(Dictionary<string, Container> up, Gate gate, ComposeFile compose)
    {
        var enqueued = await up["worker-1"].ExecAsync(
            ["flowerpower", "queue", "enqueue", "gated", "--id", "g1", "--inputs", $"gate={gate.Address}", .. In]);
        Assert.True(enqueued.ExitCode == 0, enqueued.Error);
        using var job = await gate.ArrivalAsync();
        var (name, worker) = Assert.Single(up, pair => gate.IsFrom(job, pair.Key));
        var service = compose.Services[name];

        worker.Signal(Container.Terminate);
        await worker.LineAsync("stopping: running jobs may take 30 s to finish");
        var (exitCode, _, why) = await worker.ExecAsync(service.HealthCheck);
        Assert.Equal(1, exitCode);
        Assert.Contains($"Node {name} at 127.0.0.1:7711 is not ready: the node stops.", why, StringComparison.Ordinal);
        Assert.Equal(0, (await worker.ExecAsync([.. service.HealthCheck.Select(word => word == "ready" ? "live" : word)])).ExitCode);
        await Gate.ReleaseAsync(job, "at last");
        Assert.Equal(0, await worker.ExitAsync(service.Grace));
        Assert.Equal("answer  at last\n", (await up["queue-1"].ExecAsync(["flowerpower", "queue", "result", "g1", "--wait", .. In])).Out);
        return name;
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

    /// <summary>The cluster as a node knows it, once it knows all.</summary>
    private static async Task<IReadOnlyList<(string Name, string Address, string Roles, string Status)>> MembersAsync(Container client, int count)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            var (exitCode, json, error) = await client.ExecAsync(["flowerpower", "cluster", "show", "--output", "json", .. In]);
            Assert.True(exitCode == 0, error);
            var members = JsonDocument.Parse(json).RootElement.GetProperty("members").EnumerateArray().Select(m => (
                m.GetProperty("name").GetString()!,
                m.GetProperty("address").GetString()!,
                string.Join(',', m.GetProperty("roles").EnumerateArray().Select(role => role.GetString())),
                m.GetProperty("status").GetString()!)).ToList();
            if (members.Count == count || TimeProvider.System.GetElapsedTime(began) > Container.Bound)
            {
                return members;
            }
        }
    }
}
