using FlowerPower.Actors.TestKit;
using FlowerPower.Jobs;
using FlowerPower.Node.Cluster;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>Where a cluster's requests go, and again, if the shard has moved.</summary>
public sealed class ClusterJobQueueTests
{
    private static readonly JobId Id = JobId.Parse("job");
    private static readonly JobView Ended = JobView.Of(
        JobLifecycle.Evolve(
            JobLifecycle.Evolve(JobState.None, new JobEvent.Enqueued(TestNode.NewSpec("echo", "job"), DateTimeOffset.UnixEpoch) { At = DateTimeOffset.UnixEpoch }),
            new JobEvent.Cancelled("Ada", null) { At = DateTimeOffset.UnixEpoch }),
        DateTimeOffset.UnixEpoch);

    private readonly ManualTime time = new();
    private readonly Nodes nodes = new();
    private readonly ClusterJobQueue queue;

    public ClusterJobQueueTests() => queue = new ClusterJobQueue(nodes, NodeChance.Seeded(1), time);

    [Fact]
    public async Task A_wait_goes_on_where_the_shard_is_then_however_long_it_has_waited()
    {
        nodes.Queues["a"].OnWait = () =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            nodes.Owner = "b";
            throw ShardElsewhereException.Of(0);
        };

        Assert.Same(Ended, await queue.WaitAsync(Id).Within("the end of the wait"));
        Assert.Equal(1, nodes.Queues["b"].Waits);
    }

    [Fact]
    public async Task What_was_sent_again_carries_the_same_request()
    {
        nodes.Queues["a"].OnEnqueue = () =>
        {
            nodes.Owner = "b";
            throw new QueueUnavailableException("The connection broke.");
        };

        await queue.EnqueueAsync([new EnqueueRequest(TestNode.NewSpec("echo", "job"))]).Within();

        var first = Assert.Single(nodes.Queues["a"].Requests);
        Assert.NotNull(first);
        Assert.Equal(first, Assert.Single(nodes.Queues["b"].Requests));
    }

    [Fact]
    public async Task A_cluster_where_nobody_serves_is_told_of_after_a_while()
    {
        nodes.Owner = null;
        var find = queue.FindAsync(Id);

        for (var second = 0; second < 40 && !find.IsCompleted; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains("none serves jobs", (await Assert.ThrowsAsync<QueueUnavailableException>(() => find)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_without_a_node_that_cannot_be_reached_names_it_and_has_what_the_others_have()
    {
        nodes.Living = [Member("a"), Member("b"), Member("c")];
        nodes.Queues["a"].OnList = _ => throw new QueueUnavailableException("The connection broke.");
        nodes.Queues["b"].OnList = filter => new JobPage(filter.Unfinished ? [] : [Ended], null);

        var page = await queue.ListAsync(new JobFilter()).Within();

        Assert.Same(Ended, Assert.Single(page.Jobs)); // any node knows what has ended: the next one was asked for it
        Assert.Equal(["a at a:7000", "c at c:7000"], page.Missing!);
    }

    [Fact]
    public async Task An_overview_names_who_is_not_counted_and_a_whole_one_nobody()
    {
        nodes.Living = [Member("a"), Member("b")];
        nodes.Queues["a"].OnOverview = () => Overview(pending: 2);
        nodes.Queues["b"].OnOverview = () => Overview(pending: 3);

        var whole = await queue.OverviewAsync().Within();
        nodes.Queues["b"].OnOverview = () => throw new QueueUnavailableException("It stops.");
        var part = await queue.OverviewAsync().Within();

        Assert.Equal((5, null), (whole.Counts[JobStatus.Pending], whole.Missing));
        Assert.Equal(2, part.Counts[JobStatus.Pending]);
        Assert.Equal(["b at b:7000"], part.Missing!);

        static QueueOverview Overview(long pending) =>
            new("node", DateTimeOffset.UnixEpoch, new Dictionary<JobStatus, long> { [JobStatus.Pending] = pending }, 0, 0);
    }

    [Fact]
    public async Task What_is_asked_of_a_parked_shard_is_refused_at_once_with_the_remedy_and_a_list_names_it()
    {
        nodes.Living = [Member("a")];
        nodes.Queues["a"].OnList = _ => new JobPage([Ended], null);
        nodes.Parked = [new ParkedShard(0, 4, "b-1", DateTimeOffset.UnixEpoch)];

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => queue.FindAsync(Id)); // the clock stands still
        var page = await queue.ListAsync(new JobFilter()).Within();

        Assert.Equal(
            "Shard 0 is parked: 4 nodes ended one after the other while they had it (the last was b-1, counted at 1970-01-01 00:00:00Z), so none takes it by itself "
            + "any more. What it holds is kept: find out why they ended, then let it be taken up again with flowerpower cluster unpark 0",
            error.Message);
        Assert.Equal(["shard 0 (parked)"], page.Missing!);
    }

    [Fact]
    public async Task A_list_waits_for_a_shard_that_is_between_two_nodes_and_is_made_anew_if_one_moved_meanwhile()
    {
        nodes.Living = [Member("a"), Member("b")];
        nodes.IsMoving = true;
        nodes.Queues["a"].OnList = filter =>
        {
            nodes.Owner = "b"; // it moves there while the first answer is made
            return new JobPage([], null);
        };
        nodes.Queues["b"].OnList = filter => new JobPage(filter.Unfinished && nodes.Queues["b"].Lists == 1 ? [] : [Ended], null);
        var list = queue.ListAsync(new JobFilter());
        Assert.Equal(0, nodes.Queues["a"].Lists + nodes.Queues["b"].Lists);

        nodes.IsMoving = false;
        nodes.Owner = "a"; // it has come
        var page = await list.Within();

        Assert.Same(Ended, Assert.Single(page.Jobs));
        Assert.Null(page.Missing);
        Assert.Equal(2, nodes.Queues["b"].Lists);
    }

    [Fact]
    public async Task A_list_names_a_shard_that_does_not_come_to_any_node()
    {
        nodes.Living = [Member("a")];
        nodes.IsMoving = true;
        nodes.Queues["a"].OnList = _ => new JobPage([Ended], null);
        var list = queue.ListAsync(new JobFilter());

        while (!list.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["shard 0 (on its way to a node)"], (await list).Missing!);
    }

    [Fact]
    public async Task A_list_that_no_node_answers_is_no_empty_list()
    {
        nodes.Living = [Member("c")];

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => queue.ListAsync(new JobFilter()));

        Assert.Contains("(c at c:7000)", error.Message, StringComparison.Ordinal);
    }

    private static MemberInfo Member(string name) => new(name, name, $"{name}:7000", MemberRoles.Queue);

    private sealed class Nodes : IClusterNodes
    {
        private TaskCompletionSource changed = new();

        public Dictionary<string, PlayedQueue> Queues { get; } = new() { ["a"] = new(), ["b"] = new() };

        public string? Owner
        {
            get;
            set
            {
                field = value;
                var told = changed;
                changed = new TaskCompletionSource();
                told.SetResult();
            }
        } = "a";

        public int ShardCount => 1;

        public IEnumerable<MemberInfo> Living { get; set; } = [];

        public Task Changed => changed.Task;

        public IReadOnlyList<ParkedShard> Parked { get; set; } = [];

        public string? OwnerOf(int shard) => Owner;

        public string? ServedBy(int shard) => IsMoving ? null : Owner;

        public bool IsMoving { get; set; }

        public IJobQueue? QueueOf(string node) => Queues.GetValueOrDefault(node);

        public void Doubt(int shard, string node)
        {
        }
    }

    private sealed class PlayedQueue : IJobQueue
    {
        public Action? OnWait { get; set; }

        public Action? OnEnqueue { get; set; }

        public Func<JobFilter, JobPage>? OnList { get; set; }

        public Func<QueueOverview>? OnOverview { get; set; }

        public int Waits { get; private set; }

        public int Lists { get; private set; }

        public List<RequestId?> Requests { get; } = [];

        public Task<IReadOnlyList<EnqueueReceipt>> EnqueueAsync(IReadOnlyList<EnqueueRequest> requests, CancellationToken cancellationToken = default)
        {
            Requests.AddRange(requests.Select(request => request.Request));
            OnEnqueue?.Invoke();
            return Task.FromResult<IReadOnlyList<EnqueueReceipt>>([.. requests.Select(request => new EnqueueReceipt(request.Spec.Id, Created: true))]);
        }

        public Task<JobView?> WaitAsync(JobId id, CancellationToken cancellationToken = default)
        {
            Waits++;
            OnWait?.Invoke();
            return Task.FromResult<JobView?>(Ended);
        }

        public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken = default) => throw new InvalidOperationException("Nobody asked for it.");

        public Task<JobPage> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) => Task.Run(() =>
        {
            Lists++;
            return OnList!(filter);
        });

        public IAsyncEnumerable<JobView> WatchAsync(JobId id, CancellationToken cancellationToken = default) => throw new InvalidOperationException("Nobody asked for it.");

        public Task<CommandReply> CancelAsync(JobId id, string by, string? reason = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public IAsyncEnumerable<JobChange> WatchQueueAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public IAsyncEnumerable<JobLogLine> LogsAsync(
            JobId id, bool follow = false, JobLogPlace? after = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public Task<CommandReply> RetryAsync(
            JobId id, string by, RequestId? request = null, bool fresh = false, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public Task<QueueInfo> ChangeQueueAsync(string queue, QueueChange change, string by, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default) => throw new InvalidOperationException("Nobody asked for it.");

        public Task<CommandReply> KeepAsync(JobId id, TimeSpan length, string by, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public Task<CommandReply> DeleteAsync(JobId id, string by, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("Nobody asked for it.");

        public Task<QueueOverview> OverviewAsync(CancellationToken cancellationToken = default) => Task.Run(() => OnOverview!());

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
