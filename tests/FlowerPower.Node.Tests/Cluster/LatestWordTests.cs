using FlowerPower.Node.Cluster;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class LatestWordTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_word_is_said_under_the_gate_so_that_no_older_one_can_follow_it()
    {
        var gate = new Lock();
        var said = new TaskCompletionSource<bool>();
        var word = new LatestWord(() => said.SetResult(gate.IsHeldByCurrentThread), gate, Soon, TimeProvider.System);

        word.Due();

        Assert.True(await said.Task.Within("the word"));
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
