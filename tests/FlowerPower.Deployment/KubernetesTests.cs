using System.Net;
using FlowerPower.Deployment.Files;
using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment;

/// <summary>cluster-config/kubernetes, applied with a machine per pod: commands, files, secrets, users and probes as they are written.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Pods = ["flowerpower-queue-0", "flowerpower-queue-1", "flowerpower-queue-2", "flowerpower-worker-0", "flowerpower-worker-1"];
    private static readonly HttpClient Kubelet = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task What_the_manifests_say_becomes_ready_runs_jobs_and_ends_within_its_grace()
    {
        // The Service gives the Redis its name; here the pod has it itself.
        await using var place = await Place.OfAsync(["flowerpower-redis", .. Pods]);
        var manifests = new Manifests();
        var secrets = new Dictionary<string, string> { ["cluster"] = place.Secret };
        var redis = manifests.PodOf(manifests.One("StatefulSet", "flowerpower-redis"));
        var store = await place.StartAsync("flowerpower-redis", redis.Start("flowerpower-redis", place.Network.AddressOf("flowerpower-redis"), secrets, place.Folder, isRedis: true));
        await UntilAsync(async () => (await store.ExecAsync(redis.Container["readinessProbe"]["exec"]["command"].Texts)).ExitCode == 0, store);

        var queue = manifests.PodOf(manifests.One("StatefulSet", "flowerpower-queue"));
        var worker = manifests.PodOf(manifests.One("Deployment", "flowerpower-worker"));
        Assert.Equal(3, manifests.One("StatefulSet", "flowerpower-queue")["spec"]["replicas"].Number);
        Assert.Equal(2, manifests.One("Deployment", "flowerpower-worker")["spec"]["replicas"].Number);
        var running = await Task.WhenAll(Pods.Select(name => place.StartAsync(name, PodOf(name).Start(name, place.Network.AddressOf(name), secrets, place.Folder))));
        foreach (var pod in running)
        {
            await UntilAsync(async () => await ProbeAsync(pod, "startupProbe") == HttpStatusCode.OK, pod);
            await UntilAsync(async () => await ProbeAsync(pod, "readinessProbe") == HttpStatusCode.OK, pod);
            Assert.Equal(HttpStatusCode.OK, await ProbeAsync(pod, "livenessProbe"));
        }

        // What a client in another pod would name is the Service of the queue nodes; here one of its pods.
        string[] to = ["--cluster", "flowerpower-queue-1:7710", "--secret-file", "/run/secrets/flowerpower/cluster"];
        var ran = await running[3].ExecAsync(["flowerpower", "queue", "run", "hello", .. to]);
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Equal("greeting         Hello, World!\ngreeting_length  13\n", ran.Out);

        // Without its Redis a pod is taken out of service, and not killed: the others go on.
        await place.Network.CutAsync("flowerpower-queue-2", "flowerpower-redis");
        await UntilAsync(async () => await ProbeAsync(running[2], "readinessProbe") == HttpStatusCode.ServiceUnavailable, running[2]);
        Assert.Equal(HttpStatusCode.OK, await ProbeAsync(running[2], "livenessProbe"));
        Assert.Equal(HttpStatusCode.OK, await ProbeAsync(running[0], "readinessProbe"));
        await place.Network.HealAsync("flowerpower-queue-2", "flowerpower-redis");
        await UntilAsync(async () => await ProbeAsync(running[2], "readinessProbe") == HttpStatusCode.OK, running[2]);

        foreach (var pod in running)
        {
            pod.Signal(Container.Terminate);
        }

        foreach (var pod in running)
        {
            Assert.Equal(0, await pod.ExitAsync(PodOf(pod.Machine).Grace));
        }

        Pod PodOf(string name) => name.StartsWith("flowerpower-queue", StringComparison.Ordinal) ? queue : worker;

        // As the kubelet asks: from outside the pod, at its address.
        async Task<HttpStatusCode?> ProbeAsync(Container pod, string probe)
        {
            var (path, port) = PodOf(pod.Machine).Probe(probe);
            try
            {
                using var answer = await Kubelet.GetAsync(new Uri($"http://{place.Network.AddressOf(pod.Machine)}:{port}{path}"));
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo, Container pod)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await isSo(); await Task.Delay(100)) // a probe has to ask again
        {
            Assert.False(pod.HasExited || TimeProvider.System.GetElapsedTime(began) > Container.Bound, $"{pod.Machine} said:\n{pod.Log}");
        }
    }
}
