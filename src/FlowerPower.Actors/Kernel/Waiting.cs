namespace FlowerPower.Actors;

/// <summary>Waits with a limit that go on where their callers are, which a deterministic dispatcher needs to repeat a run.</summary>
/// <remarks>
/// <see cref="Task.WaitAsync(TimeSpan, TimeProvider)"/> does not: behind a source whose continuations run asynchronously it hops over the thread
/// pool first.
/// </remarks>
internal static class Waiting
{
    /// <summary>Waits for all tasks, or until the time is up.</summary>
    /// <param name="tasks">None of them may fail.</param>
    /// <param name="timeout">By <paramref name="time"/>; zero or more.</param>
    /// <returns>Have all of them ended in time?</returns>
    public static async Task<bool> EndWithin(this IEnumerable<Task> tasks, TimeSpan timeout, TimeProvider time)
    {
        var outcome = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = time.CreateTimer(
            static state => ((TaskCompletionSource<bool>)state!).TrySetResult(false), outcome, timeout, Timeout.InfiniteTimeSpan);
        _ = FollowAsync();
        return await outcome.Task;

        async Task FollowAsync()
        {
            foreach (var task in tasks)
            {
                await task;
            }

            outcome.TrySetResult(true);
        }
    }
}
