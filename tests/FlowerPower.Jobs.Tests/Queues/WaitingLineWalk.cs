using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>The line against a list that is searched from end to end.</summary>
public sealed class WaitingLineWalk
{
    private static readonly string[] Queues = ["a", "b", "c"];

    [Fact]
    public void The_line_hands_out_what_a_search_of_all_jobs_would_find()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            try
            {
                Walk(new Random(seed), steps: 400);
            }
            catch (Exception error)
            {
                Assert.Fail($"The walk with seed {seed} went wrong: {error}");
            }
        }
    }

    private static void Walk(Random random, int steps)
    {
        var line = new WaitingLine();
        var model = new Dictionary<JobId, WaitingJob>();
        var now = T0;
        var offersOfTen = random.Next(3, 8);
        for (var i = 0; i < steps; i++)
        {
            now += random.Next(10) switch
            {
                0 => TimeSpan.FromSeconds(random.Next(30)),
                1 => -TimeSpan.FromSeconds(random.Next(5)),
                _ => TimeSpan.Zero,
            };
            if (random.Next(10) < offersOfTen)
            {
                var job = RandomJob(random, now);
                line.Offer(job);
                model[job.Id] = job;
            }
            else if (random.Next(3) == 0)
            {
                var id = RandomId(random);
                Assert.Equal(model.Remove(id), line.Withdraw(id));
            }
            else
            {
                var queues = random.Next(2) == 0 ? null : Queues.Where(_ => random.Next(2) == 0).ToArray();
                var only = random.Next(3) > 0 ? null : Enumerable.Range(0, random.Next(6)).Select(_ => RandomId(random)).ToHashSet();
                var expected = Search(model, queues, now, only);
                Assert.Equal(expected, line.Take(queues, now, only));
                if (expected is { } taken)
                {
                    model.Remove(taken.Id);
                }
            }

            Assert.Equal(model.Count, line.Count);
            if (i % 25 == 0)
            {
                Check(line, model, now);
            }
        }
    }

    private static void Check(WaitingLine line, Dictionary<JobId, WaitingJob> model, DateTimeOffset now)
    {
        Assert.Equal(model.Values.OrderBy(job => job.Id), line.Jobs.OrderBy(job => job.Id));
        var notDue = model.Values.Where(job => job.DueAt > now).Select(job => job.DueAt).Order().ToList();
        var next = line.NextDueAt(now);
        Assert.True(next is null || notDue.Contains(next.Value), "The next due time is of no job.");
    }

    private static WaitingJob? Search(Dictionary<JobId, WaitingJob> model, string[]? queues, DateTimeOffset now, HashSet<JobId>? only)
    {
        var found = model.Values.Where(job => job.DueAt <= now && (queues is null || queues.Contains(job.Queue)) && only?.Contains(job.Id) != false)
            .OrderBy(job => job.Priority).ThenBy(job => job.EnqueuedAt).ThenBy(job => job.Id.Value, StringComparer.Ordinal).ToList();
        return found.Count == 0 ? null : found[0];
    }

    private static JobId RandomId(Random random) => JobId.Parse($"job-{random.Next(60)}");

    private static WaitingJob RandomJob(Random random, DateTimeOffset now) => new(
        RandomId(random),
        Queues[random.Next(Queues.Length)],
        (JobPriority)random.Next(1, 4),
        EnqueuedAt: now - TimeSpan.FromSeconds(random.Next(5)),
        DueAt: now + TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(40) : 0));
}
