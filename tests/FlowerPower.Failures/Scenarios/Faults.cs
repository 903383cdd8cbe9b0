using System.Diagnostics;
using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Load;
using FlowerPower.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Failures.Scenarios;

/// <summary>What goes wrong, and how long the cluster takes over it.</summary>
internal static class Faults
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Until each job that ran on the node when the fault came has begun to run again elsewhere.</summary>
    /// <returns>For each such job; at least one.</returns>
    public static async Task<IReadOnlyList<TimeSpan>> RerunsAfterAsync(TestCluster cluster, Trial trial, string name, string worker, Func<Task> fault)
    {
        var held = new List<string>();
        for (var i = 0; held.Count < 2; i++)
        {
            var job = $"{name}-held-{i}";
            await trial.Load.EnqueueAsync(new TracedJob(job, First: Patience, Later: TimeSpan.Zero, Priority: JobPriority.High));
            var run = (await UntilAsync($"job {job} runs", () => cluster.Project.RunsOf([job]), runs => runs.Count > 0))[0];
            if (run.Node == worker)
            {
                held.Add(job);
            }
            else
            {
                cluster.Project.Release(job);
            }
        }

        var began = Stopwatch.GetTimestamp();
        await fault();
        var took = new List<TimeSpan>();
        foreach (var job in held)
        {
            var again = (await UntilAsync($"job {job} runs again", () => cluster.Project.RunsOf([job]), runs => runs.Count > 1))[1];
            took.Add(Stopwatch.GetElapsedTime(began, again.BegunAt));
        }

        return took;
    }

    /// <summary>Until each shard that the node served takes a job from a client again.</summary>
    /// <returns>For each such shard; at least one.</returns>
    public static async Task<IReadOnlyList<TimeSpan>> FailoversAfterAsync(Trial trial, string name, string node, Func<Task> fault)
    {
        var picture = await UntilAsync($"{node} has shards", () => trial.LookAsync(), picture => ShardsOf(picture, node).Any());
        var jobs = ShardsOf(picture, node)
            .Select(shard => Enumerable.Range(0, int.MaxValue).Select(i => $"{name}-probe-{i}").First(id => ShardKey.Of(id, picture.Owners.Count) == shard))
            .ToList();
        var began = Stopwatch.GetTimestamp();
        await fault();
        return await Task.WhenAll(jobs.Select(async job =>
        {
            await trial.Load.EnqueueAsync(new TracedJob(job, TimeSpan.Zero, TimeSpan.Zero));
            return Stopwatch.GetElapsedTime(began);
        }));
    }

    /// <summary>Until the others hold this incarnation for dead.</summary>
    public static Task DeclaredDeadAsync(Trial trial, string incarnation) => UntilAsync(
        $"{incarnation} is dead", () => trial.LookAsync(), picture => !picture.Members.Any(m => m.Info.Incarnation == incarnation && m.Status != MemberStatus.Dead));

    /// <summary>The shards that belong to the node of this name.</summary>
    public static IEnumerable<int> ShardsOf(FlowerPower.Node.ClusterPicture picture, string node) =>
        picture.Owners.Index()
            .Where(owner => picture.Members.Any(m => m.Info.Name == node && m.Status != MemberStatus.Dead && m.Info.Incarnation == owner.Item))
            .Select(owner => owner.Index);

    private static Task<T> UntilAsync<T>(string what, Func<T> look, Func<T, bool> isSo) => UntilAsync(what, () => Task.FromResult(look()), isSo);

    /// <summary>Look until it is so.</summary>
    public static async Task<T> UntilAsync<T>(string what, Func<Task<T>> look, Func<T, bool> isSo)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            var seen = await look();
            if (isSo(seen))
            {
                return seen;
            }

            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}.");
            }
        }
    }
}
