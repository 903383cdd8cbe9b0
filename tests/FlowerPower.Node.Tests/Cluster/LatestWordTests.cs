using System.Collections.Concurrent;
using FlowerPower.Node.Cluster;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class LatestWordTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_newer_word_waits_for_an_older_one_that_is_under_way()
    {
        var value = 1;
        var said = new ConcurrentQueue<int>();
        using var newerMayOvertake = new ManualResetEventSlim();
        var isFirstUnderWay = new TaskCompletionSource();
        var isLastSaid = new TaskCompletionSource();
        var word = new LatestWord(Say, new Lock(), Soon, TimeProvider.System);

        word.Due();
        await isFirstUnderWay.Task.Within("the first word");
        value = 2;
        word.Due();
        await Task.WhenAny(isLastSaid.Task, Task.Delay(TimeSpan.FromMilliseconds(50))); // time enough to overtake it
        newerMayOvertake.Set();
        await isLastSaid.Task.Within("the last word");

        Assert.Equal([1, 2], said);

        void Say()
        {
            var now = value;
            if (now == 1)
            {
                isFirstUnderWay.SetResult();
                newerMayOvertake.Wait();
            }

            said.Enqueue(now);
            if (said.Count == 2)
            {
                isLastSaid.SetResult();
            }
        }
    }

    [Fact]
    public async Task The_last_of_many_changes_from_many_threads_is_said()
    {
        var value = 0;
        var said = 0;
        const int changes = 4_000;
        var isLastSaid = new TaskCompletionSource();
        var word = new LatestWord(Say, new Lock(), Soon, TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < changes / 4; i++)
            {
                Interlocked.Increment(ref value);
                word.Due();
            }
        })));

        await isLastSaid.Task.Within("the last change");
        Assert.InRange(said, 1, changes / 2); // gathered, not one by one

        void Say()
        {
            said++;
            if (Volatile.Read(ref value) == changes)
            {
                isLastSaid.TrySetResult();
            }
        }
    }
}
