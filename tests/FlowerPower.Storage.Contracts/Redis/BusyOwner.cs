namespace FlowerPower.Storage.Contracts;

/// <summary>An owner that appends for as long as it is let, and repeats each batch until it has an outcome.</summary>
internal sealed class BusyOwner
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ShardWriter writer;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim attempts = new(0);
    private readonly Task running;
    private volatile int stored;

    public BusyOwner(ShardWriter writer)
    {
        this.writer = writer;
        running = Task.Run(RunAsync);
    }

    /// <summary>How many batches have been acknowledged.</summary>
    public int Stored => stored;

    /// <summary>What the last batch met that was neither stored nor a duplicate; it ends the owner.</summary>
    public AppendOutcome? Refusal { get; private set; }

    /// <summary>Wait for so many more attempts, answered or not.</summary>
    public async Task AfterAsync(int attempts)
    {
        while (this.attempts.Wait(0))
        {
            // What was before does not count.
        }

        for (var i = 0; i < attempts; i++)
        {
            Assert.True(await this.attempts.WaitAsync(Patience), "The owner made no attempt for 30 s.");
        }
    }

    /// <summary>Wait until so many batches have been acknowledged.</summary>
    public async Task UntilStoredAsync(int count)
    {
        while (stored < count)
        {
            await AfterAsync(1);
        }
    }

    /// <returns>How many batches were acknowledged.</returns>
    public async Task<int> StopAsync()
    {
        await stop.CancelAsync();
        await running.WaitAsync(Patience);
        return stored;
    }

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested && Refusal is null)
        {
            var next = stored + 1;
            var batch = writer.Batch([ShardWriter.Event("a", next)], [ShardWriter.Record("a", next)]);
            var outcome = await Repeat.UntilAnsweredAsync(async () =>
            {
                try
                {
                    return await writer.SendAsync(batch);
                }
                finally
                {
                    attempts.Release();
                }
            });
            if (outcome is AppendOutcome.Stored or AppendOutcome.Duplicate)
            {
                stored = next;
            }
            else
            {
                Refusal = outcome;
                attempts.Release();
            }
        }
    }
}
