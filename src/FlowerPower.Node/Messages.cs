using FlowerPower.Actors;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Workers;

namespace FlowerPower.Node;

/// <summary>A job's answer to a <see cref="JobCommand"/>.</summary>
/// <param name="Refusal"><see langword="null"/> if accepted.</param>
/// <param name="Changed">An event was stored.</param>
/// <param name="State">The job afterwards.</param>
internal sealed record JobReply(Refusal? Refusal, bool Changed, JobState State, JobProgress? Progress)
{
    /// <summary>Who has the unique key, if that is why it was refused.</summary>
    public JobId? Holder { get; init; }

    /// <summary>What became of the worker's attempt, if the answer is another node's: that one does not send the whole job.</summary>
    public AttemptFate? Fate { get; init; }
}

/// <summary>Ask a job what it is; answered with a <see cref="JobReply"/>.</summary>
internal sealed record QueryJob
{
    public static QueryJob Instance { get; } = new();
}

/// <summary>Ask a job whether it runs under a permit of its queue, which is void from now on if it does not; answered with a <see cref="JobReply"/>.</summary>
internal sealed record LookAtPermit(long Permit);

/// <summary>Tell <paramref name="Watcher"/> the job, with a <see cref="JobReply"/>: now and at each change, or only once it has ended.</summary>
/// <remarks>A job that does not exist is told at once, and so is <see cref="WatchLost"/> if the job's actor goes before the job's end.</remarks>
internal sealed record WatchJob(ActorRef Watcher, bool EndOnly);

/// <summary>No more of <see cref="WatchJob"/>.</summary>
internal sealed record UnwatchJob(ActorRef Watcher);

/// <summary>To a watcher: the actor that would have told you is gone; watch again.</summary>
internal sealed record WatchLost
{
    public static WatchLost Instance { get; } = new();
}

/// <summary>Ask a job for its lines after a place; answered with <see cref="LogLines"/>.</summary>
/// <param name="After"><see langword="null"/>: from the oldest that is kept.</param>
internal sealed record QueryLog(JobLogPlace? After);

/// <summary>Tell <paramref name="Reader"/> the job's lines, with <see cref="LogLines"/>: those after a place now, and others as they come, until the job has ended.</summary>
/// <remarks>As with <see cref="WatchJob"/>, <see cref="WatchLost"/> is told if the job's actor goes before that.</remarks>
internal sealed record FollowLog(ActorRef Reader, JobLogPlace? After);

/// <summary>No more of <see cref="FollowLog"/>.</summary>
internal sealed record UnfollowLog(ActorRef Reader);

/// <summary>Lines of a job, in the order of their places.</summary>
/// <param name="IsOver">The job has ended, or does not exist: no more will come.</param>
internal sealed record LogLines(IReadOnlyList<JobLogLine> Lines, bool IsOver);

/// <summary>To the broker: this job waits.</summary>
internal sealed record Offer(WaitingJob Job);

/// <summary>To the broker: this job does not wait any more.</summary>
internal sealed record Withdraw(JobId Id);

/// <summary>To the broker: the shard serves no more, or not until it has been read again; it offers its waiting jobs then.</summary>
internal sealed record ShardStopped(int Shard);

/// <summary>To a broker, from a worker: you may fill this many more of my slots, beside those that I promised before.</summary>
internal sealed record RequestWork(int Slots, WorkerOffer Offer);

/// <summary>Who a worker is, and what it runs.</summary>
/// <param name="Queues">The queues that it serves; <see langword="null"/>: all.</param>
internal sealed record WorkerOffer(WorkerId Worker, IReadOnlyList<string>? Queues);

/// <summary>To a worker, from a broker that is not its only one: due jobs of mine wait, and none of the slots that you promised me is free.</summary>
/// <param name="Priority">The highest among them; <see langword="null"/>: none waits any more.</param>
/// <param name="Jobs">How many wait, roughly; at most 1,000.</param>
internal sealed record WorkWaiting(JobPriority? Priority, int Jobs);

/// <summary>To a broker, from a worker: another broker needs this many of the slots that I promised you. Answered with <see cref="SlotsReturned"/>.</summary>
internal sealed record ReturnSlots(int Slots);

/// <summary>To a worker: so many of them were still free, and are yours again.</summary>
internal sealed record SlotsReturned(int Slots);

/// <summary>To a broker: that worker cannot be reached; the slots that it promised are void.</summary>
internal sealed record WorkerAway(ActorRef Worker);

/// <summary>To a worker: that broker cannot be reached; what was promised to it is free.</summary>
internal sealed record BrokerAway(ActorRef Broker);

/// <summary>To the broker: what its slots may take has changed.</summary>
internal sealed record ScopeChanged
{
    public static ScopeChanged Instance { get; } = new();
}

/// <summary>To a worker, from a broker: I am there, and know nothing of your free slots; ask me for work.</summary>
internal sealed record BrokerStarted
{
    public static BrokerStarted Instance { get; } = new();
}

/// <summary>To a broker, from a worker: I take back all that I promised. Answered with <see cref="WorkRetracted"/>.</summary>
internal sealed record RetractWork
{
    public static RetractWork Instance { get; } = new();
}

/// <summary>To a worker: the broker holds no slot and no open grant of yours; every attempt that it granted you has reached you.</summary>
internal sealed record WorkRetracted
{
    public static WorkRetracted Instance { get; } = new();
}

/// <summary>To a job, from the broker: start, on this worker. Answered to the broker with <see cref="GrantOutcome"/>.</summary>
/// <param name="Journal">
/// Of the job's shard when the grant was made. One that waited until the shard was read again is void: the broker gave its slot to another job.
/// </param>
internal sealed record GrantAttempt(JobCommand.Start Start, ActorRef Worker, ShardJournal Journal);

/// <summary>To the broker: what became of a grant.</summary>
internal sealed record GrantOutcome(GrantId Grant, bool Started);

/// <summary>To a worker: run this attempt. Its answer is a command to the job.</summary>
/// <param name="Checkpoint">What an earlier attempt saved, as UTF-8 JSON; empty if none did.</param>
internal sealed record RunAttempt(JobSpec Spec, AttemptNumber Attempt, GrantId Grant, ReadOnlyMemory<byte> Checkpoint = default);

/// <summary>To a worker: that attempt is not yours any more; stop it. Also a job's answer to a heartbeat that it refuses.</summary>
internal sealed record StopAttempt(GrantId Grant, AttemptFate Fate);

/// <summary>To a worker, from a shard that recovered: do you still have this attempt? If not, the worker gives it back.</summary>
internal sealed record ConfirmAttempt(JobId Id, GrantId Grant);

/// <summary>To a job: if this worker runs you, ask it whether it does. What was granted may have been lost on its way there.</summary>
internal sealed record ConfirmRunning(WorkerId Worker);
