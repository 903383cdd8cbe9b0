using System.Text.Json.Serialization;
using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Node.Queues;

namespace FlowerPower.Node.Local;

/// <summary>What a process on the same machine may ask a node; one frame each. <see cref="Number"/> pairs answers with it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Enqueue), "enqueue")]
[JsonDerivedType(typeof(Find), "find")]
[JsonDerivedType(typeof(List), "list")]
[JsonDerivedType(typeof(Wait), "wait")]
[JsonDerivedType(typeof(Watch), "watch")]
[JsonDerivedType(typeof(Logs), "logs")]
[JsonDerivedType(typeof(WatchQueue), "watch-queue")]
[JsonDerivedType(typeof(Cancel), "cancel")]
[JsonDerivedType(typeof(Retry), "retry")]
[JsonDerivedType(typeof(Keep), "keep")]
[JsonDerivedType(typeof(Delete), "delete")]
[JsonDerivedType(typeof(Overview), "overview")]
[JsonDerivedType(typeof(Post), "post")]
[JsonDerivedType(typeof(QueuePost), "queue-post")]
[JsonDerivedType(typeof(Heed), "heed-queue")]
[JsonDerivedType(typeof(ChangeQueue), "change-queue")]
[JsonDerivedType(typeof(Queues), "queues")]
[JsonDerivedType(typeof(Forget), "forget")]
[JsonDerivedType(typeof(Stop), "stop")]
internal abstract record LocalRequest(long Number)
{
    /// <summary>First on every connection.</summary>
    public sealed record Hello(long Number, int Protocol) : LocalRequest(Number);

    public sealed record Enqueue(long Number, IReadOnlyList<EnqueueRequest> Jobs) : LocalRequest(Number);

    public sealed record Find(long Number, JobId Id) : LocalRequest(Number);

    public sealed record List(long Number, JobFilter Filter) : LocalRequest(Number);

    public sealed record Wait(long Number, JobId Id) : LocalRequest(Number);

    public sealed record Watch(long Number, JobId Id) : LocalRequest(Number);

    /// <param name="After"><see langword="null"/>: from the oldest that is kept.</param>
    public sealed record Logs(long Number, JobId Id, bool Follow, JobLogPlace? After) : LocalRequest(Number);

    public sealed record WatchQueue(long Number, JobFilter Filter) : LocalRequest(Number);

    public sealed record Cancel(long Number, JobId Id, string By, string? Reason) : LocalRequest(Number);

    public sealed record Retry(long Number, JobId Id, string By, RequestId? Request = null, bool Fresh = false) : LocalRequest(Number);

    public sealed record Keep(long Number, JobId Id, TimeSpan Length, string By) : LocalRequest(Number);

    public sealed record Delete(long Number, JobId Id, string By) : LocalRequest(Number);

    public sealed record Overview(long Number) : LocalRequest(Number);

    /// <summary>From one job to another, of another node.</summary>
    public sealed record Post(long Number, JobId To, JobMail Mail) : LocalRequest(Number);

    /// <summary>From a broker or a job, to a queue's gate on another node.</summary>
    public sealed record QueuePost(long Number, string Queue, QueueMail Mail) : LocalRequest(Number);

    /// <summary>To a node: look at the queue's settings anew. Answered when it keeps to them.</summary>
    public sealed record Heed(long Number, string Queue) : LocalRequest(Number);

    public sealed record ChangeQueue(long Number, string Queue, QueueChange Change, string By) : LocalRequest(Number);

    public sealed record Queues(long Number) : LocalRequest(Number);

    /// <summary>No answer to request <paramref name="Target"/> is wanted any more. Not answered itself.</summary>
    public sealed record Forget(long Number, long Target) : LocalRequest(Number);

    /// <summary>Stop the node, in good order. Answered before it stops.</summary>
    public sealed record Stop(long Number) : LocalRequest(Number);
}

/// <summary>A node's answers. Every request but <see cref="LocalRequest.Forget"/> has one; a watch and a job's lines have many, then <see cref="Ended"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(Receipts), "receipts")]
[JsonDerivedType(typeof(Job), "job")]
[JsonDerivedType(typeof(Line), "line")]
[JsonDerivedType(typeof(JobChanged), "job-changed")]
[JsonDerivedType(typeof(Page), "page")]
[JsonDerivedType(typeof(Reply), "reply")]
[JsonDerivedType(typeof(Numbers), "numbers")]
[JsonDerivedType(typeof(Posted), "posted")]
[JsonDerivedType(typeof(QueuePosted), "queue-posted")]
[JsonDerivedType(typeof(QueueList), "queue-list")]
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(Error), "error")]
internal abstract record LocalResponse(long Number)
{
    public sealed record Welcome(long Number, string Node, int ProcessId, int Protocol) : LocalResponse(Number);

    public sealed record Receipts(long Number, IReadOnlyList<EnqueueReceipt> Items) : LocalResponse(Number);

    /// <param name="View"><see langword="null"/>: there is no such job.</param>
    public sealed record Job(long Number, JobView? View) : LocalResponse(Number);

    public sealed record Line(long Number, JobLogLine Item) : LocalResponse(Number);

    public sealed record JobChanged(long Number, JobChange Item) : LocalResponse(Number);

    public sealed record Page(long Number, JobPage Jobs) : LocalResponse(Number);

    public sealed record Reply(long Number, CommandReply Command) : LocalResponse(Number);

    public sealed record Numbers(long Number, QueueOverview Queue) : LocalResponse(Number);

    public sealed record QueuePosted(long Number, QueueReceipt Receipt) : LocalResponse(Number);

    public sealed record QueueList(long Number, IReadOnlyList<QueueInfo> Items) : LocalResponse(Number);

    public sealed record Posted(long Number, JobMailReceipt Receipt) : LocalResponse(Number);

    public sealed record Ended(long Number) : LocalResponse(Number);

    /// <param name="Kind">The exception's type name.</param>
    public sealed record Error(long Number, string Kind, string Message) : LocalResponse(Number);
}
