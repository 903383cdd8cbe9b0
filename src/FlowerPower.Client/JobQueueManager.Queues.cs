using FlowerPower.Jobs;

namespace FlowerPower.Client;

public sealed partial class JobQueueManager
{
    /// <summary>Let no job of a queue start from now on; those that run go on. When it returns, no node starts another one.</summary>
    /// <param name="by">Who asks, for the queue's history; <see langword="null"/>: this process's user.</param>
    /// <returns>The queue afterwards; <see cref="QueueInfo.Unaware"/> names nodes that could not be told.</returns>
    /// <exception cref="ArgumentException">No queue can have this name.</exception>
    public Task<QueueInfo> PauseQueueAsync(string queue, string? reason = null, string? by = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(queue, new QueueChange { Pause = true, Reason = reason }, by, cancellationToken);

    /// <summary>Let the jobs of a paused queue start again.</summary>
    /// <inheritdoc cref="PauseQueueAsync"/>
    public Task<QueueInfo> ResumeQueueAsync(string queue, string? by = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(queue, new QueueChange { Pause = false }, by, cancellationToken);

    /// <summary>
    /// Set how many of a queue's jobs may run at once, and how many may start in how long, on all nodes together. It is exact: what runs when it returns counts, and none
    /// beyond the limit starts, whichever node dies.
    /// </summary>
    /// <param name="concurrency">1 or more; <see langword="null"/>: any number.</param>
    /// <param name="rate"><see langword="null"/>: any number.</param>
    /// <inheritdoc cref="PauseQueueAsync"/>
    public Task<QueueInfo> LimitQueueAsync(string queue, int? concurrency, StartRate? rate = null, string? by = null, CancellationToken cancellationToken = default) =>
        ChangeAsync(queue, new QueueChange { SetsLimits = true, Concurrency = concurrency, Rate = rate }, by, cancellationToken);

    /// <summary>The queues that have unfinished jobs or settings, by name.</summary>
    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken = default) =>
        await queue.AskAsync(opened => opened.QueuesAsync(cancellationToken), cancellationToken).ConfigureAwait(false);

    private async Task<QueueInfo> ChangeAsync(string name, QueueChange change, string? by, CancellationToken cancellationToken) =>
        await queue.AskAsync(opened => opened.ChangeQueueAsync(name, change, by ?? Environment.UserName, cancellationToken), cancellationToken).ConfigureAwait(false);
}
