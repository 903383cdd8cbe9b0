namespace FlowerPower.Cli.Running;

/// <summary>Requests to stop: the first one asks for an orderly end, the second one for an end at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource first = new();
    private readonly CancellationTokenSource second = new();
    private int raised;

    /// <summary>Cancelled by the first request.</summary>
    public CancellationToken First => first.Token;

    /// <summary>Cancelled by the second one.</summary>
    public CancellationToken Second => second.Token;

    /// <summary>Somebody asks to stop.</summary>
    /// <returns>How often it has been asked, this time included.</returns>
    public int Raise()
    {
        var times = Interlocked.Increment(ref raised);
        switch (times)
        {
            case 1:
                first.Cancel();
                break;
            case 2:
                second.Cancel();
                break;
        }

        return times;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
