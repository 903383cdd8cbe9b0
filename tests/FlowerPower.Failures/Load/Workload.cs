using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using FlowerPower.Failures.Cluster;
using FlowerPower.Jobs;
using FlowerPower.Node;

namespace FlowerPower.Failures.Load;

/// <summary>Clients that enqueue jobs at a bounded rate, ask again with the same id when they do not know what came of it, and wait for what was acknowledged.</summary>
internal sealed class Workload : IAsyncDisposable
{
    private const int Clients = 3;

    /// <summary>Jobs a second, of all clients.</summary>
    private const int Rate = 45;

    /// <summary>Requests of one client that may be without an answer at once; beyond it the client waits, as one that keeps its own order would.</summary>
    private const int MaxOpen = 60;

    /// <summary>Jobs that have not ended: with more of them the clients wait, so that a slow machine is not buried.</summary>
    private const int MaxUnfinished = 150;

    private const int MaxTries = 6;

    private readonly TestCluster cluster;
    private readonly string prefix;
    private readonly TimeSpan patience;
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource end = new();
    private readonly ConcurrentBag<Task> open = [];
    private readonly ConcurrentDictionary<string, Task> waits = new();
    private IReadOnlyList<ClusterClient> clients = [];
    private int unfinished;
    private IReadOnlyList<Task> loops = [];

    private Workload(TestCluster cluster, string prefix, TimeSpan patience)
    {
        this.cluster = cluster;
        this.prefix = prefix;
        this.patience = patience;
    }

    public History History { get; } = new();

    /// <summary>Acknowledged jobs whose end no client has been told of.</summary>
    public IReadOnlyList<string> Unfinished => [.. waits.Where(w => !w.Value.IsCompleted).Select(w => w.Key).Order()];

    /// <param name="prefix">What the ids of all its jobs begin with; unique in the cluster's life.</param>
    /// <param name="patience">How long a client waits for the answer to one request before it counts as unknown.</param>
    public static async Task<Workload> StartAsync(TestCluster cluster, string prefix, int seed, TimeSpan? patience = null)
    {
        var load = new Workload(cluster, prefix, patience ?? TimeSpan.FromSeconds(3));
        load.clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => cluster.ConnectAsync()));
        load.loops = [.. load.clients.Select((client, number) => Task.Run(() => load.ActAsync(client, number, new Random(seed + number))))];
        return load;
    }

    /// <summary>Wait until so many requests have been acknowledged.</summary>
    public async Task AcknowledgedAsync(int count)
    {
        for (var clock = Stopwatch.StartNew(); History.Acknowledged < count; await Task.Delay(20))
        {
            if (clock.Elapsed > TestCluster.StartPatience)
            {
                throw new TimeoutException($"Only {History.Acknowledged} of {count} requests were acknowledged: {History.Invocations.LastOrDefault(i => i.Why is not null)?.Why}");
            }
        }
    }

    /// <summary>Enqueue one job beside the stream, and ask until it is acknowledged.</summary>
    public async Task EnqueueAsync(TracedJob job)
    {
        for (var clock = Stopwatch.StartNew(); !await SubmitAsync(clients[0], 0, cluster.Project.Request(job), mayLeave: true);)
        {
            if (clock.Elapsed > TestCluster.StartPatience)
            {
                throw new TimeoutException($"Job {job.Id} was not acknowledged: {History.Invocations.Last(i => i.Job == job.Id).Why}");
            }
        }
    }

    /// <summary>Begin nothing new, and wait until each request has had its answer or has been given up.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        await Task.WhenAll(open);
    }

    /// <summary>Wait until all acknowledged jobs have ended, or the time is over.</summary>
    public async Task EndedAsync(TimeSpan bound) => await Task.WhenAny(Task.WhenAll(waits.Values), Task.Delay(bound));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await end.CancelAsync();
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await Task.WhenAll(waits.Values);
    }

    private async Task ActAsync(ClusterClient client, int number, Random random)
    {
        using var room = new SemaphoreSlim(MaxOpen);
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds((double)Clients / Rate));
        try
        {
            for (var count = 0; await pace.WaitForNextTickAsync(stop.Token);)
            {
                if (Volatile.Read(ref unfinished) >= MaxUnfinished)
                {
                    continue;
                }

                await room.WaitAsync(stop.Token);
                var job = cluster.Project.Request(Invent($"{prefix}-{number}-{count++}", random));
                var mayLeave = random.Next(3) == 0;
                open.Add(Task.Run(async () =>
                {
                    await SubmitAsync(client, number, job, mayLeave);
                    room.Release();
                }));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop. What is open goes on.
        }

        await Task.WhenAll(open); // the room is theirs too
    }

    // Most are short; some fail once or twice; some are longer, so that a fault meets them in the middle.
    private static TracedJob Invent(string id, Random random) => random.Next(20) switch
    {
        0 => new(id, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10)),
        1 => new(id, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300)),
        2 or 3 => new(id, TimeSpan.Zero, TimeSpan.FromMilliseconds(10), Failures: random.Next(1, 3)),
        _ => new(id, TimeSpan.FromMilliseconds(random.Next(20)), TimeSpan.FromMilliseconds(10)),
    };

    /// <param name="mayLeave">The client gives up after one unknown answer, and nobody asks again.</param>
    /// <returns>Whether it was acknowledged.</returns>
    private async Task<bool> SubmitAsync(ClusterClient client, int number, EnqueueRequest request, bool mayLeave)
    {
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            var answer = await AskAsync(client, number, request);
            if (answer == Answer.Acknowledged)
            {
                _ = waits.GetOrAdd(request.Spec.Id.Value, _ => WaitAsync(client, request.Spec.Id));
            }

            if (answer != Answer.Unknown || mayLeave)
            {
                return answer == Answer.Acknowledged;
            }
        }

        return false;
    }

    private async Task<Answer> AskAsync(ClusterClient client, int number, EnqueueRequest request)
    {
        using var deadline = new CancellationTokenSource(patience);
        var invokedAt = Stopwatch.GetTimestamp();
        Answer answer;
        string? why = null;
        try
        {
            var receipt = (await client.EnqueueAsync([request], deadline.Token))[0];
            (answer, why) = receipt.Refusal is { } refusal ? (Answer.Refused, refusal.ToString()) : (Answer.Acknowledged, null);
        }
        catch (Exception e) when (e is OperationCanceledException or QueueUnavailableException)
        {
            (answer, why) = (Answer.Unknown, e is OperationCanceledException ? $"no answer within {patience.TotalSeconds} s" : e.Message);
        }

        History.Add(new Invocation(request.Spec.Id.Value, number, invokedAt, Stopwatch.GetTimestamp(), answer, why));
        return answer;
    }

    private async Task WaitAsync(ClusterClient client, JobId id)
    {
        Interlocked.Increment(ref unfinished);
        try
        {
            await SeeEndAsync(client, id);
        }
        finally
        {
            Interlocked.Decrement(ref unfinished);
        }
    }

    private async Task SeeEndAsync(ClusterClient client, JobId id)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                if (await client.WaitAsync(id, end.Token) is { IsFinished: true } job)
                {
                    History.Add(new Sighting(id.Value, Stopwatch.GetTimestamp(), job.Status, ResultOf(job), job.FinishedAt));
                }

                return; // or it is not there: the checkers find that
            }
            catch (QueueUnavailableException)
            {
                // Nobody could be asked for long: again.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>The name of the run that a job's result comes from; <see langword="null"/> if it has none.</summary>
    public static string? ResultOf(JobView job)
    {
        if (job.ResultJson.IsEmpty)
        {
            return null;
        }

        using var json = JsonDocument.Parse(job.ResultJson);
        return json.RootElement.GetProperty("answer").GetString();
    }
}
