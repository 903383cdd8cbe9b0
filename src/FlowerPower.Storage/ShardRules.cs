namespace FlowerPower.Storage;

/// <summary>The rules of claims and chains as pure functions: the stores that run in this process ask here, a script in a server repeats them.</summary>
internal static class ShardRules
{
    /// <summary>Whether a claim is granted: it holds the shard already (a lost reply), or nothing changed since the caller looked.</summary>
    public static bool MayClaim(ShardOwner? owner, ShardOwner mine, ClaimId? previous) =>
        owner?.Claim == mine.Claim || owner?.Claim == previous;

    /// <summary>Whether this claim, and no other, holds the shard.</summary>
    public static bool Holds(ShardOwner? owner, ClaimId claim) => owner is not null && owner.Claim == claim;

    /// <summary>Why a batch must not be written; <see langword="null"/> if it must be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch is in its place, but cuts more of the log than there is.</exception>
    public static AppendOutcome? Refusal(ShardHead head, ShardBatch batch)
    {
        // The fence comes first: a former owner must not hear "duplicate" and think that it still owns the shard.
        if (!Holds(head.Owner, batch.Claim))
        {
            return new AppendOutcome.Fenced(head.Owner);
        }

        if (head.Token == batch.Token)
        {
            return new AppendOutcome.Duplicate(head.Sequence);
        }

        if (head.Token != batch.Previous)
        {
            return new AppendOutcome.Conflict(head.Sequence, head.Token);
        }

        if (batch.CutThrough > head.Sequence + 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(batch),
                $"The batch cuts the log of shard {batch.Shard} through {batch.CutThrough}, but it ends with this batch at {head.Sequence + 1}.");
        }

        return null;
    }

    /// <summary>The head after a batch that <see cref="Refusal"/> let pass.</summary>
    public static ShardHead After(ShardHead head, ShardBatch batch) => head with
    {
        Sequence = head.Sequence + 1,
        Token = batch.Token,
        CutThrough = Math.Max(head.CutThrough, batch.CutThrough ?? 0),
    };

    /// <summary>What is wrong with a page of the log, read in one snapshot with its head; <see langword="null"/> if nothing is.</summary>
    /// <param name="after">The sequence number that the reader asked to read after.</param>
    /// <param name="isFull">The page has as many entries as were asked for, so more may follow.</param>
    public static string? Gap(ShardHead head, long after, IReadOnlyList<LogEntry> entries, bool isFull)
    {
        var expected = Math.Max(after, head.CutThrough) + 1;
        foreach (var entry in entries)
        {
            if (entry.Sequence != expected)
            {
                return $"entry {expected} is missing: the next one is {entry.Sequence}";
            }

            expected++;
        }

        if (expected <= head.Sequence && !isFull)
        {
            return $"it should end with entry {head.Sequence}, but entry {expected} is missing";
        }

        return entries.Count > 0 && entries[^1] is var last && last.Sequence == head.Sequence && last.Token != head.Token
            ? $"its last entry {last.Sequence} has the token {last.Token}, but its head says {head.Token}"
            : null;
    }
}
