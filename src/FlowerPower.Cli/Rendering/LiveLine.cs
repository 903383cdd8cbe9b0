namespace FlowerPower.Cli.Rendering;

/// <summary>One line of a terminal that is drawn over and over, and is gone at the end.</summary>
internal sealed class LiveLine : IAsyncDisposable
{
    private const string Spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly Output output;
    private readonly TimeProvider time;
    private readonly long started;
    private readonly CancellationTokenSource ending = new();
    private readonly Task drawing;
    private volatile string text;

    public LiveLine(Output output, TimeProvider time, string text)
    {
        this.output = output;
        this.time = time;
        this.text = text;
        started = time.GetTimestamp();
        drawing = DrawAsync();
    }

    /// <summary>What it says from now on; spinner and elapsed time are added.</summary>
    public void Say(string words) => text = ResultText.Clean(words);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await drawing.ConfigureAwait(false);
        output.Live(null);
        ending.Dispose();
    }

    private async Task DrawAsync()
    {
        using var ticks = new PeriodicTimer(Every, time);
        var frame = 0;
        try
        {
            do
            {
                var line = $"{Spinner[frame++ % Spinner.Length]} {text}  {Times.Length(time.GetElapsedTime(started))}";
                output.Live(TextTable.Cut(line, output.ErrorWidth - 1));
            }
            while (await ticks.WaitForNextTickAsync(ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // It has been drawn for the last time.
        }
    }
}
