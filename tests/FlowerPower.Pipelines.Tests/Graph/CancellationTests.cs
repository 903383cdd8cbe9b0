namespace FlowerPower.Pipelines.Tests;

public sealed class CancellationTests
{
    /// <summary>A node that a test can wait for, and that it can hold.</summary>
    public sealed class Gate
    {
        private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => entered.Task;

        public bool WasCancelled { get; private set; }

        public void Open() => opened.TrySetResult();

        public async Task<int> PassAsync(CancellationToken token)
        {
            entered.TrySetResult();
            try
            {
                await opened.Task.WaitAsync(token);
            }
            catch (OperationCanceledException)
            {
                WasCancelled = true;
                throw;
            }

            return 1;
        }
    }

    public static class Slow
    {
        public static Task<int> Obedient(Gate gate, CancellationToken token) => gate.PassAsync(token);

        public static Task<int> Deaf(Gate gate) => gate.PassAsync(CancellationToken.None);

        public static int After(int obedient) => obedient;

        public static async Task<int> Broken(Gate gate)
        {
            await gate.Entered;
            throw new InvalidDataException("broken");
        }

        public static int Together(int obedient, int broken) => obedient + broken;

        public static int DeafTogether(int deaf, int broken) => deaf + broken;
    }

    [Fact]
    public async Task A_cancelled_run_cancels_its_nodes_and_ends()
    {
        using var cancel = new CancellationTokenSource();
        var gate = new Gate();
        var diary = new Diary();
        var run = Given.Run(Plan("after", gate), new GraphRunOptions { Observer = diary }, cancel.Token);
        await gate.Entered;

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.True(gate.WasCancelled);
        Assert.Equal(["started 2", "obedient started"], diary.Lines);
    }

    [Fact]
    public async Task A_run_with_a_cancelled_token_does_not_begin()
    {
        var diary = new Diary();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Given.Run(Plan("after", new Gate()), new GraphRunOptions { Observer = diary }, new CancellationToken(canceled: true)));

        Assert.Empty(diary.Lines);
    }

    [Fact]
    public async Task The_first_failure_cancels_the_rest()
    {
        var gate = new Gate();

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Given.Run(Plan("together", gate), new GraphRunOptions { MaxWorkers = 2 }));

        Assert.Equal("broken", error.Node);
        Assert.True(gate.WasCancelled);
    }

    [Theory]
    [InlineData("deaf", true)]
    [InlineData("deaf_together", false)]
    public async Task A_node_that_ignores_its_cancellation_is_left_behind_after_the_grace(string finalVar, bool cancels)
    {
        using var cancel = new CancellationTokenSource();
        var gate = new Gate();
        var diary = new Diary();
        var clock = new GraceClock();
        var run = Given.Run(Plan(finalVar, gate), new GraphRunOptions { MaxWorkers = 2, Observer = diary, Clock = clock }, cancel.Token);
        await gate.Entered;
        if (cancels)
        {
            await cancel.CancelAsync();
        }

        (await clock.Armed.WaitAsync(Given.Patience)).Fire();

        await Assert.ThrowsAnyAsync<Exception>(() => run);
        Assert.Equal("deaf warned: It did not stop within 1 s of being told to, and was left behind.", diary.Lines[^1]);
        Assert.IsType(cancels ? typeof(OperationCanceledException) : typeof(NodeFailedException), run.Exception?.InnerException ?? await Record.ExceptionAsync(() => run));
        gate.Open();
    }

    private static ExecutionPlan Plan(string finalVar, Gate gate) => Given.Graph(typeof(Slow)).Plan([finalVar], Given.Values(("gate", gate)));

    /// <summary>A clock whose one timer a test fires by hand.</summary>
    private sealed class GraceClock : TimeProvider
    {
        private readonly TaskCompletionSource<HandTimer> armed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<HandTimer> Armed => armed.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(TimeSpan.FromSeconds(1), dueTime);
            var timer = new HandTimer(() => callback(state));
            armed.TrySetResult(timer);
            return timer;
        }
    }

    private sealed class HandTimer(Action fire) : ITimer
    {
        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
