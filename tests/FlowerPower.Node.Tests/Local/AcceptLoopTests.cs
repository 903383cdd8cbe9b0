using System.Net.Sockets;
using FlowerPower.Actors.TestKit;
using FlowerPower.Node.Local;

namespace FlowerPower.Node.Tests.Local;

public sealed class AcceptLoopTests
{
    private readonly ManualTime time = new();
    private readonly List<string> warnings = [];
    private int asked;

    [Fact]
    public async Task A_process_that_is_out_of_files_looks_ten_times_a_second_and_says_so_once_a_minute()
    {
        using var stopping = new CancellationTokenSource();
        var end = RunOnThisThread(SocketError.TooManyOpenSockets, stopping.Token);

        Assert.Equal(1, asked);
        Assert.Contains("cannot connect", Assert.Single(warnings), StringComparison.Ordinal);

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.InRange(asked, 580, 591);
        Assert.Single(warnings);

        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(2, warnings.Count);

        await stopping.CancelAsync();
        await end.Within("the loop's end");
    }

    [Fact]
    public void A_client_that_was_gone_before_it_was_accepted_holds_up_nobody()
    {
        using var stopping = new CancellationTokenSource();
        var end = RunOnThisThread(SocketError.ConnectionAborted, stopping.Token, until: 5);

        Assert.Equal(5, asked);
        Assert.Empty(warnings);
        Assert.True(end.IsCompletedSuccessfully);
    }

    /// <summary>Without a synchronization context, everything up to the next timer happens inside the call that caused it.</summary>
    private Task RunOnThisThread(SocketError error, CancellationToken stopping, int until = int.MaxValue)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        var loop = new AcceptLoop(
            _ => ++asked < until ? throw new SocketException((int)error) : throw new ObjectDisposedException("the listener"),
            _ => { },
            warnings.Add,
            time);
        return loop.RunAsync(stopping);
    }
}
