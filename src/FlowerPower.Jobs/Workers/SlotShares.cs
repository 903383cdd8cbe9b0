namespace FlowerPower.Jobs;

/// <summary>What a worker has promised to one broker, and what that broker has said of its need.</summary>
/// <param name="Promised">Free slots that the broker may fill without asking again; 0 or more.</param>
/// <param name="Wants">The highest priority of a due job of the broker that no promised slot takes; <see langword="null"/>: it has none.</param>
/// <param name="Waiting">How many jobs wait there, roughly; 0 if it wants nothing.</param>
/// <param name="IsClosed">Promises are on their way back: nothing is promised, and no more taken back, until they have come.</param>
public readonly record struct SlotShare(int Promised, JobPriority? Wants = null, int Waiting = 0, bool IsClosed = false);

/// <summary>
/// How a worker divides its free slots among brokers. A slot is promised to one broker at a time, so nothing is ever granted beyond a
/// worker's slots; a broker that has work and no slot says so, and gets those that others leave idle.
/// </summary>
public static class SlotShares
{
    /// <summary>Where to promise free slots: to the brokers that want some, highest priority first and in turn; if none does, evenly to all.</summary>
    /// <param name="free">Slots that are neither busy nor promised; below 1 promises nothing.</param>
    /// <param name="shares">One for each broker.</param>
    /// <param name="turn">Which broker begins among equals; 0 or more, counted up by the caller so that each begins in turn.</param>
    /// <returns>How many more slots to promise to each, in the order of <paramref name="shares"/>.</returns>
    public static int[] Promise(int free, IReadOnlyList<SlotShare> shares, int turn)
    {
        var promised = new int[shares.Count];
        var wants = shares.Where(share => !share.IsClosed).Min(share => share.Wants);
        while (free > 0 && Next() is { } chosen)
        {
            promised[chosen]++;
            free--;
        }

        return promised;

        // The one with the fewest promises; the first from the turn on among equals.
        int? Next()
        {
            int? best = null;
            for (var i = 0; i < promised.Length; i++)
            {
                var at = (i + turn) % promised.Length;
                if (!shares[at].IsClosed && shares[at].Wants == wants && (best is not { } other || Total(at) < Total(other)))
                {
                    best = at;
                }
            }

            return best;
        }

        int Total(int at) => shares[at].Promised + promised[at];
    }

    /// <summary>What to take back from brokers that leave slots idle while others have no slot for their jobs.</summary>
    /// <param name="shares">One for each broker.</param>
    /// <returns>How many promised slots to take back from each, in the order of <paramref name="shares"/>.</returns>
    public static int[] TakeBack(IReadOnlyList<SlotShare> shares)
    {
        var back = new int[shares.Count];
        var needed = shares.Where(share => share.Wants is not null && !share.IsClosed).Sum(share => (long)share.Waiting);
        for (var i = 0; i < back.Length && needed > 0; i++)
        {
            if (shares[i] is { Wants: null, IsClosed: false } idle)
            {
                back[i] = (int)Math.Min(idle.Promised, needed);
                needed -= back[i];
            }
        }

        return back;
    }
}
