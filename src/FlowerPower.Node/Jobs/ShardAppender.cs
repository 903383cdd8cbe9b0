using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// Sends a shard's batches until each has an outcome: one whose outcome is unknown is repeated as it is, and a store that went back gets
/// again what it had acknowledged.
/// </summary>
/// <param name="me">The shard's owner, with its claim.</param>
/// <param name="replaced">The claim that this one took the place of: if it is back, the store went back, and nobody took the shard over.</param>
internal sealed class ShardAppender(IShardStore store, int shard, ShardOwner me, ClaimId? replaced, JobNodeParts parts)
{
    private const long MaxKeptBytes = 256L << 20;
    private const int NamesShown = 10;

    private static readonly TimeSpan FirstRepeatAfter = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RepeatAtMostAfter = TimeSpan.FromSeconds(1);

    private readonly RecentBatches recent = new(parts.Options.Time, parts.Options.RepairWindow, MaxKeptBytes / store.ShardCount);
    private string? problem;

    /// <summary>Why the store does not take what is to be written, while it is tried again; <see langword="null"/> if it does.</summary>
    public string? Problem => Volatile.Read(ref problem);

    /// <summary>What was acknowledged last; for a repair that this class cannot make.</summary>
    public RecentBatches Recent => recent;

    /// <summary>The chain begins here.</summary>
    public void Begin(BatchToken token) => recent.Begin(token);

    /// <summary>Store a batch.</summary>
    /// <param name="sequence">Where the log stands before it, as far as this node knows.</param>
    /// <returns><see langword="null"/>: it is stored. Else why the shard is lost to this node.</returns>
    public async Task<Exception?> StoreAsync(ShardBatch batch, long sequence)
    {
        var wait = FirstRepeatAfter;
        while (true)
        {
            try
            {
                switch (await store.AppendAsync(batch, CancellationToken.None))
                {
                    case AppendOutcome.Stored or AppendOutcome.Duplicate:
                        Volatile.Write(ref problem, null);
                        recent.Add(batch);
                        return null;
                    case AppendOutcome.Fenced fenced:
                        if (!await IsClaimedAgainAsync(fenced.Owner))
                        {
                            return new ShardLostException($"Shard {shard} belongs to {fenced.Owner?.Node ?? "nobody"} now.");
                        }

                        break;
                    case AppendOutcome.Conflict conflict:
                        if (await RepairAsync(conflict, sequence, batch) is { } failure)
                        {
                            return failure;
                        }

                        break;
                }
            }
            catch (StoreUnavailableException unavailable)
            {
                if (parts.Stopped.IsCancellationRequested)
                {
                    return new ShardLostException(
                        $"The node stopped while shard {shard} waited for its store: whether its last events were stored is known at the next start.",
                        unavailable);
                }

                Volatile.Write(ref problem, unavailable.Message);
                if (wait == FirstRepeatAfter)
                {
                    parts.Warn($"Jobs wait for their store: {unavailable.Message}"); // the same of every shard, so that it is said once
                }

                await Task.Delay(wait, parts.Options.Time);
                wait = wait * 2 < RepeatAtMostAfter ? wait * 2 : RepeatAtMostAfter;
            }
            catch (Exception error)
            {
                return new ShardLostException($"Shard {shard}'s store failed: {error.Message}", error);
            }
        }
    }

    /// <summary>
    /// The shard is held as it was before this node claimed it, or under an earlier claim of this node: the store forgot the present one. Whoever
    /// takes a shard over has a claim that was never seen, and may leave the shard to nobody.
    /// </summary>
    private async Task<bool> IsClaimedAgainAsync(ShardOwner? holder)
    {
        var isPast = holder?.Claim == replaced || (holder is not null && holder.Claim != me.Claim && parts.Claims[shard].Contains(holder.Claim));
        return isPast && await store.ClaimAsync(shard, me, holder?.Claim, CancellationToken.None) is ClaimOutcome.Granted;
    }

    private async Task<Exception?> RepairAsync(AppendOutcome.Conflict conflict, long sequence, ShardBatch inFlight)
    {
        if (conflict.Sequence >= sequence)
        {
            // The log did not go back: another owner wrote, and what this node remembers is older than that.
            return new ShardLostException(
                $"Shard {shard}'s log stands at batch {conflict.Sequence} where this node expected {sequence}: another owner has written, so it is read again.");
        }

        if (recent.After(conflict.Token) is not { Count: > 0 } forgotten)
        {
            HistoryLosses.Beyond.Add(1);
            return new ShardHistoryLostException(
                $"Shard {shard}'s log stands at batch {conflict.Sequence}, which is not one that this node remembers: the store lost more than can be "
                + "appended again. The shard is read again, and what this node holds in memory is written to it.");
        }

        foreach (var batch in forgotten)
        {
            if (await store.AppendAsync(batch, CancellationToken.None) is not (AppendOutcome.Stored or AppendOutcome.Duplicate))
            {
                return null; // it went back again, or somebody took the shard meanwhile: the next append finds out which
            }
        }

        var jobs = forgotten.SelectMany(b => b.Events.Select(e => e.EntityId)).Distinct().ToList();
        HistoryLosses.Repaired.Add(forgotten.Count);
        parts.Warn(
            $"The store had lost the last {forgotten.Count} batches of shard {shard}, which it had acknowledged; they were written again, and nothing is "
            + $"missing. They concern {jobs.Count} jobs: {string.Join(", ", jobs.Take(NamesShown))}{(jobs.Count > NamesShown ? ", …" : "")}.");

        // A job that was read while the store did not know it was decided on as if it were new: that must not be stored.
        var newest = forgotten.SelectMany(b => b.Events).GroupBy(e => e.EntityId).ToDictionary(of => of.Key, of => of.Max(e => e.Version));
        return inFlight.Events.Any(e => newest.TryGetValue(e.EntityId, out var version) && version >= e.Version)
            ? new ShardLostException($"Shard {shard} is read again: its store had gone back, and jobs were read before it was mended.")
            : null;
    }
}

/// <summary>The shard is not this node's any more, or its store failed: whoever owns it next reads what was stored.</summary>
internal class ShardLostException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The shard's store went back further than this node can repair from its last batches alone.</summary>
internal sealed class ShardHistoryLostException(string message) : ShardLostException(message);
