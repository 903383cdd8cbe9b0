using FlowerPower.Failures.Checks;
using FlowerPower.Failures.Cluster;
using FlowerPower.Failures.Scenarios;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Storage;

namespace FlowerPower.Failures.Load;

/// <summary>A cluster under load, with witnesses, from before a fault until it is judged.</summary>
internal sealed class Trial : IAsyncDisposable
{
    private const int AskedAtOnce = 32;

    private readonly TestCluster cluster;
    private readonly RedisWatch redis;
    private readonly SlotWatch slots;
    private readonly ClusterClient client;

    private Trial(TestCluster cluster, Workload load, RedisWatch redis, SlotWatch slots, ClusterClient client)
    {
        this.cluster = cluster;
        this.redis = redis;
        this.slots = slots;
        this.client = client;
        Load = load;
    }

    public Workload Load { get; }

    /// <summary>Who is there and who has what.</summary>
    public Task<ClusterPicture> LookAsync() => client.LookAsync();

    /// <summary>Wait until every node is up, as every node sees it.</summary>
    /// <returns>Since when.</returns>
    public async Task<DateTimeOffset> WholeAsync()
    {
        foreach (var plan in cluster.Plans)
        {
            await Faults.UntilAsync($"all nodes are up as {plan.Name} sees it", () => LookFromAsync(plan.Name), picture => cluster.Plans.All(p => picture.Members.Any(
                m => m.Info.Name == p.Name && m.Info.Incarnation == cluster[p.Name].Incarnations[^1] && m.Status == MemberStatus.Up)));
        }

        return DateTimeOffset.UtcNow;
    }

    private async Task<ClusterPicture> LookFromAsync(string node)
    {
        await using var one = await cluster.ConnectAsync(node);
        return await one.LookAsync();
    }

    /// <param name="name">What the ids of its jobs begin with; unique in the cluster's life.</param>
    /// <param name="patience">How long a client waits for one answer; the default is short, so that there are unknown ones.</param>
    public static async Task<Trial> BeginAsync(TestCluster cluster, string name, int seed, TimeSpan? patience = null)
    {
        var client = await cluster.ConnectAsync();
        var redis = new RedisWatch(cluster.Redis, "flowerpower", (await client.LookAsync()).Owners.Count);
        return new Trial(cluster, await Workload.StartAsync(cluster, name, seed, patience), redis, await SlotWatch.StartAsync(cluster), client);
    }

    /// <summary>End the load, and hold what clients saw against what there is.</summary>
    /// <param name="wholeSince">From when on every node was up and reached every other.</param>
    /// <param name="verdict">What else the checkers need to know.</param>
    /// <returns>One sentence for each violation; empty if all is well.</returns>
    public async Task<IReadOnlyList<string>> JudgeAsync(DateTimeOffset wholeSince, Leniency? verdict = null)
    {
        verdict ??= new Leniency();
        await Load.StopAsync();
        await Load.EndedAsync(verdict.EndsWithin);
        var picture = await client.LookAsync();
        List<string> problems = [.. Load.Unfinished.Select(id =>
            $"{id} was acknowledged, and a client that waits for it has not heard of its end {verdict.EndsWithin.TotalSeconds} s after the load: its shard is at {picture.Owners[ShardKey.Of(id, picture.Owners.Count)]}.")];

        var asked = Load.History.Invocations;
        var found = await FindAsync([.. asked.Select(i => i.Job).Distinct()]);
        var runs = cluster.Project.RunsOf(asked.Select(i => i.Job).Distinct());
        var lists = await ListFromEachAsync();
        problems.AddRange(TotalQueue.Check(asked, found, [.. lists.First().Value.Select(job => job.Id.Value)], runs));
        problems.AddRange(Outcomes.Check(Load.History.Sightings, found, runs, verdict.Excused));
        problems.AddRange(OneHistory.CheckAgreement(lists));
        var runsOf = runs.ToLookup(run => run.Job);
        problems.AddRange(found.Values.SelectMany(job => JobChain.Check(job, [.. runsOf[job.Id.Value]])));
        problems.AddRange(IdleWorkers.Check([.. found.Values], await slots.StopAsync(), wholeSince, verdict.MayWait));
        var last = await redis.ReadAllAsync();
        problems.AddRange(OneHistory.Check(redis.Entries, redis.Heads, last, verdict.RedisMayGoBack));
        cluster.Settled.UnionWith(asked.Select(i => i.Job));
        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await slots.DisposeAsync();
        await redis.DisposeAsync();
        await client.DisposeAsync();
    }

    private async Task<Dictionary<string, JobView>> FindAsync(IReadOnlyList<string> ids)
    {
        var found = new Dictionary<string, JobView>();
        foreach (var some in ids.Chunk(AskedAtOnce))
        {
            foreach (var job in await Task.WhenAll(some.Select(id => client.FindAsync(JobId.Parse(id)))))
            {
                if (job is not null)
                {
                    found.Add(job.Id.Value, job);
                }
            }
        }

        return found;
    }

    /// <summary>What each queue node says that there is, without the jobs of earlier trials.</summary>
    private async Task<IReadOnlyDictionary<string, IReadOnlyCollection<JobView>>> ListFromEachAsync()
    {
        var lists = new Dictionary<string, IReadOnlyCollection<JobView>>();
        foreach (var plan in cluster.Plans.Where(plan => plan.IsQueue))
        {
            await using var one = await cluster.ConnectAsync(plan.Name);
            var jobs = new List<JobView>();
            for (var filter = new JobFilter { Limit = JobFilter.MaxLimit }; ;)
            {
                var page = await one.ListAsync(filter);
                jobs.AddRange(page.Jobs.Where(job => !cluster.Settled.Contains(job.Id.Value)));
                if (page.Next is null)
                {
                    break;
                }

                filter = filter with { After = page.Next };
            }

            lists.Add(plan.Name, jobs);
        }

        return lists;
    }
}

/// <summary>What the checkers of a trial allow.</summary>
internal sealed record Leniency
{
    /// <summary>So long after the load has ended all acknowledged jobs must have ended.</summary>
    public TimeSpan EndsWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>So long may a job wait although a slot is free.</summary>
    public TimeSpan MayWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Redis was killed.</summary>
    public bool RedisMayGoBack { get; init; }

    /// <summary>Runs that may begin after their job's outcome was seen.</summary>
    public Func<Run, bool>? Excused { get; init; }
}
