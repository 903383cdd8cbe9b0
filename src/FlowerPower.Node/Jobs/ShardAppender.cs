using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>Appends a batch until it is known what became of it: nothing new may be computed in between.</summary>
internal sealed class ShardAppender(IShardStore store, int shard, JobNodeParts parts)
{
    private static readonly TimeSpan FirstRepeatAfter = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RepeatAtMostAfter = TimeSpan.FromSeconds(1);

    /// <summary>Stores the batch. While the store is away, the batch is repeated as it is, under its token.</summary>
    /// <param name="sequence">Where the log stands before it, as far as this node knows.</param>
    /// <returns><see langword="null"/> if it is stored; else why this node may write no more to the shard.</returns>
    public async Task<ShardLostException?> AppendAsync(ShardBatch batch, long sequence)
    {
        var wait = FirstRepeatAfter;
        while (true)
        {
            try
            {
                return Judge(await store.AppendAsync(batch, CancellationToken.None).ConfigureAwait(false), sequence);
            }
            catch (StoreUnavailableException unavailable)
            {
                if (parts.Stopped.IsCancellationRequested)
                {
                    return new ShardLostException(
                        $"The node stopped while shard {shard} waited for its store: whether its last events were stored is known at the next start.",
                        unavailable);
                }

                if (wait == FirstRepeatAfter)
                {
                    parts.Warn($"Shard {shard} waits for its store: {unavailable.Message}");
                }

                await Task.Delay(wait, parts.Options.Time).ConfigureAwait(false);
                wait = wait * 2 < RepeatAtMostAfter ? wait * 2 : RepeatAtMostAfter;
            }
            catch (Exception error)
            {
                return new ShardLostException($"Shard {shard}'s store failed: {error.Message}", error);
            }
        }
    }

    private ShardLostException? Judge(AppendOutcome outcome, long sequence) => outcome switch
    {
        AppendOutcome.Stored or AppendOutcome.Duplicate => null,
        AppendOutcome.Fenced fenced => new ShardLostException($"Shard {shard} belongs to {fenced.Owner?.Node ?? "nobody"} now."),
        AppendOutcome.Conflict conflict => new ShardLostException(
            $"Shard {shard}'s log stands at {conflict.Sequence} where this node expected {sequence}: it must be read again."),
        _ => throw new InvalidOperationException($"No rule for {outcome.GetType().Name}."),
    };
}

/// <summary>The shard is not this node's any more, or its store failed: whoever owns it next reads what was stored.</summary>
internal sealed class ShardLostException(string message, Exception? inner = null) : Exception(message, inner);
