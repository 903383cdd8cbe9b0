namespace FlowerPower.Actors;

/// <summary>Runs the actors' turns. Each scheduled item is executed exactly once, on any thread, in any order.</summary>
public interface IDispatcher
{
    /// <summary>Takes one turn to be run soon; never runs it inside the call.</summary>
    void Schedule(IThreadPoolWorkItem work);
}

/// <summary>Turns on the .NET thread pool, without the caller's ExecutionContext.</summary>
public sealed class ThreadPoolDispatcher : IDispatcher
{
    /// <summary>The only instance.</summary>
    public static ThreadPoolDispatcher Instance { get; } = new();

    /// <inheritdoc/>
    public void Schedule(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
