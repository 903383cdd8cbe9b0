using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Client.Tests;

/// <summary>Somebody waits, and the node that serves the project goes away.</summary>
public sealed class NodeReturnTests : IDisposable
{
    private static readonly RunConfig Numbers = new RunConfig().WithInput("numbers", new List<object?> { 1L, 2L, 3L }).WithFinalVars("total");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly QueueOptions WorksForOthers = new() { WorkerSlots = 1, Queues = ["others"] };
    private static readonly QueueOptions WorksForAll = new() { WorkerSlots = 1 };

    private readonly TestProject test = new();

    [Fact]
    public async Task Who_waits_and_who_watches_go_on_with_the_next_node()
    {
        var first = new JobQueueManager(test.Project, options: WorksForOthers);
        await first.OpenAsync();
        var warned = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var guest = new JobQueueManager(test.Load(), options: new QueueOptions { OnWarning = text => warned.TrySetResult(text) });
        var id = await guest.EnqueueAsync("sum", Numbers);
        var waiting = guest.WaitAsync(id, Patience);
        var watch = guest.WatchAsync(id).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());

        await first.DisposeAsync();
        var warning = await warned.Task.WaitAsync(Patience);
        await using var second = new JobQueueManager(test.Load(), options: WorksForAll);
        await second.OpenAsync();

        Assert.Equal(JobStatus.Completed, (await waiting).Status);
        while (await watch.MoveNextAsync() && !watch.Current.IsFinished)
        {
        }

        Assert.Equal(JobStatus.Completed, watch.Current.Status);
        await watch.DisposeAsync();
        Assert.Contains("gone away", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_ends_with_the_remedy_if_no_node_comes_back()
    {
        var first = new JobQueueManager(test.Project, options: WorksForOthers);
        await first.OpenAsync();
        await using var guest = new JobQueueManager(test.Load(), options: new QueueOptions { NodeReturnTimeout = TimeSpan.FromMilliseconds(200) });
        var id = await guest.EnqueueAsync("sum", Numbers);
        var waiting = guest.WaitAsync(id);

        await first.DisposeAsync();

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(() => waiting.WaitAsync(Patience));
        Assert.Contains("none has come back to run it within 0.2 s", error.Message, StringComparison.Ordinal);
        Assert.Contains("flowerpower queue worker start", error.Message, StringComparison.Ordinal);
        Assert.Equal(JobStatus.Pending, (await guest.GetQueueStatusAsync(id)).Status);
    }

    [Fact]
    public async Task The_callers_own_deadline_counts_while_no_node_is_there_too()
    {
        var first = new JobQueueManager(test.Project, options: WorksForOthers);
        await first.OpenAsync();
        await using var guest = new JobQueueManager(test.Load());
        var waiting = guest.WaitAsync(await guest.EnqueueAsync("sum", Numbers), TimeSpan.FromMilliseconds(500));

        await first.DisposeAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(Patience));
    }

    [Fact]
    public async Task Without_the_projects_database_nothing_is_waited_for()
    {
        var nodes = new NodeReturn(test.Project, QueuePlaces.Of(test.Project, new QueueOptions()), QueueAdapter.Get(QueueAdapter.Default), new QueueOptions(), TimeProvider.System);

        var error = await Assert.ThrowsAsync<QueueUnavailableException>(
            () => nodes.UntilServedAsync(JobId.Parse("job"), _ => Task.FromResult<IJobQueue?>(null), default).WaitAsync(Patience));

        Assert.Contains("jobs.db is gone", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_runs_no_jobs_is_not_taken_for_the_one_that_went_away()
    {
        var first = new JobQueueManager(test.Project, options: WorksForOthers);
        await first.OpenAsync();
        await using var guest = new JobQueueManager(test.Load(), options: new QueueOptions { NodeReturnTimeout = TimeSpan.FromSeconds(1) });
        var waiting = guest.WaitAsync(await guest.EnqueueAsync("sum", Numbers));

        await first.DisposeAsync();
        await using var idle = new JobQueueManager(test.Load());
        await idle.OpenAsync();

        await Assert.ThrowsAsync<QueueUnavailableException>(() => waiting.WaitAsync(Patience));
    }

    public void Dispose() => test.Dispose();
}
