namespace FlowerPower.Storage;

/// <summary>A member table that lives and ends with its process, for tests and simulations: shared by all the nodes of one.</summary>
/// <param name="clock">The table's clock, in whole ms: what Redis' clock is to a cluster. It may jump.</param>
public sealed class InMemoryMemberTable(TimeProvider clock) : IMemberTable
{
    private const string Where = "the in-memory table";

    private readonly Lock gate = new();
    private SortedDictionary<string, Row> rows = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, Falls> falls = [];
    private DateTimeOffset bornAt = DateTimeOffset.UnixEpoch;
    private DateTimeOffset? seenAt;
    private long version;
    private long tick;
    private int servers = 1;

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private IEnumerable<Row> Living => rows.Values.Where(r => r.Status != MemberStatus.Dead);

    /// <inheritdoc/>
    public async ValueTask<MemberRenewal.Renewed> JoinAsync(MemberInfo me, TimeSpan lease, MemberStatus status, CancellationToken cancellationToken)
    {
        // As text, so that what a caller changes afterwards shows up as it would in Redis.
        var text = MemberRules.Encode(me);
        MemberRules.CheckLiving(status, lease);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            var now = Now;
            if (rows.TryGetValue(me.Incarnation, out var row) && row.Status == MemberStatus.Dead)
            {
                throw MemberRules.DeadAlready(Where, me.Incarnation);
            }

            if (bornAt == DateTimeOffset.UnixEpoch)
            {
                (bornAt, version) = (now, now.ToUnixTimeMilliseconds());
            }

            Sweep(me.Incarnation, lease, now);
            if (row is null)
            {
                var place = MemberRules.PlaceOf(me);
                foreach (var former in Living.Where(r => r.Place == place).ToList())
                {
                    Die(former, now);
                }

                if (Living.Count() >= IMemberTable.MaxLiving)
                {
                    throw MemberRules.Full("The in-memory table");
                }

                row = new Row(me.Incarnation, text, place, now) { Status = status };
                rows.Add(me.Incarnation, row);
                version++;
            }

            return Live(row, status, lease, knownVersion: 0, now);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MemberRenewal> RenewAsync(
        string incarnation, MemberStatus status, TimeSpan lease, long knownVersion, CancellationToken cancellationToken)
    {
        MemberRules.CheckIncarnation(incarnation);
        MemberRules.CheckLiving(status, lease);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            var now = Now;
            if (!rows.TryGetValue(incarnation, out var row))
            {
                return new MemberRenewal.Unknown(Mark());
            }

            if (row.Status == MemberStatus.Dead)
            {
                return new MemberRenewal.Dead();
            }

            Sweep(incarnation, lease, now);
            return Live(row, status, lease, knownVersion, now);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken)
    {
        MemberRules.CheckIncarnation(incarnation);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            var now = Now;
            var isWinner = rows.TryGetValue(incarnation, out var row) && Die(row, now);
            ForgetOld(now);
            return isWinner;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ShardFalls> CountFallAsync(int shard, string owner, ClaimId claim, int most, int few, CancellationToken cancellationToken)
    {
        MemberRules.CheckFall(shard, owner, most, few);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            var now = Now;
            var before = falls.GetValueOrDefault(shard);
            if (before?.Claim == claim)
            {
                return new ShardFalls(before.Count, before.IsParked);
            }

            var wasParked = before is { IsParked: true };
            var count = before is not null && (wasParked || now - before.At <= IMemberTable.FallsKept) ? before.Count + 1 : 1;
            var others = falls.Count(f => f.Key != shard && !f.Value.IsParked && f.Value.Count >= most && now - f.Value.At <= IMemberTable.FallsKept);
            var isParked = wasParked || (count > most && others < few);
            falls[shard] = new Falls(count, claim, owner, now, isParked);
            version += isParked && !wasParked ? 1 : 0;
            return new ShardFalls(count, isParked);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (after is not null && falls.GetValueOrDefault(shard)?.Claim != after)
            {
                return false;
            }

            if (!falls.Remove(shard, out var before) || !before.IsParked)
            {
                return false;
            }

            version++;
            return true;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return View(Now);
        }
    }

    /// <summary>For tests: be another server with the same data, as after a restart or a failover that lost nothing.</summary>
    public void Restart()
    {
        lock (gate)
        {
            servers++;
        }
    }

    /// <summary>For tests: forget everything, as after a flush.</summary>
    public void Forget()
    {
        lock (gate)
        {
            rows = new SortedDictionary<string, Row>(StringComparer.Ordinal);
            falls.Clear();
            (bornAt, seenAt, version, tick) = (DateTimeOffset.UnixEpoch, null, 0, 0);
        }
    }

    private MemberRenewal.Renewed Live(Row row, MemberStatus status, TimeSpan lease, long knownVersion, DateTimeOffset now)
    {
        if (status > row.Status)
        {
            (row.Status, row.ChangedAt) = (status, now);
            version++;
        }

        (row.Lease, row.Until) = (lease, now + lease);
        (seenAt, tick) = (now, tick + 1);
        ForgetOld(now);
        var others = Living.Where(r => r != row).Select(r => r.Until).ToList();
        return new MemberRenewal.Renewed(
            version == knownVersion ? null : View(now),
            Mark(),
            others.Count == 0 ? null : others.Min() is var first && first > now ? first - now : TimeSpan.Zero);
    }

    private void Sweep(string me, TimeSpan lease, DateTimeOffset now)
    {
        var isAfterAnOutage = seenAt is { } seen && now - seen > lease / 2;
        foreach (var row in Living.ToList())
        {
            if (isAfterAnOutage && row.Until < now + (row.Lease / 2))
            {
                row.Until = now + (row.Lease / 2);
            }

            if (row.Until > now + (2 * row.Lease))
            {
                row.Until = now + (2 * row.Lease);
            }

            if (row.Until <= now && row.Incarnation != me)
            {
                Die(row, now);
            }
        }
    }

    private bool Die(Row row, DateTimeOffset now)
    {
        if (row.Status == MemberStatus.Dead)
        {
            return false;
        }

        (row.Status, row.ChangedAt) = (MemberStatus.Dead, now);
        version++;
        return true;
    }

    private void ForgetOld(DateTimeOffset now)
    {
        var oldestFirst = rows.Values.Where(r => r.Status == MemberStatus.Dead)
            .OrderBy(r => r.ChangedAt).ThenBy(r => r.Incarnation, StringComparer.Ordinal).ToList();
        for (var i = 0; i < oldestFirst.Count; i++)
        {
            if (i < oldestFirst.Count - IMemberTable.MaxDeadRows || oldestFirst[i].ChangedAt <= now - IMemberTable.DeadRowsKept)
            {
                rows.Remove(oldestFirst[i].Incarnation);
            }
        }
    }

    private MemberView View(DateTimeOffset now) => new(
        version,
        [.. rows.Values.Select(r => new Member(
            MemberRules.Decode(r.Incarnation, r.Info, Where),
            r.Status,
            r.JoinedAt,
            r.ChangedAt,
            r.Status == MemberStatus.Dead ? TimeSpan.Zero : r.Until - now))],
        bornAt,
        now)
    {
        Parked = [.. falls.Where(f => f.Value.IsParked).Select(f => new ParkedShard(f.Key, f.Value.Count, f.Value.Owner, f.Value.At))],
    };

    private TableMark Mark() => new(version, new HistoryMark($"server {servers}", tick), bornAt);

    private sealed record Falls(int Count, ClaimId Claim, string Owner, DateTimeOffset At, bool IsParked);

    private sealed class Row(string incarnation, string info, string place, DateTimeOffset joinedAt)
    {
        public string Incarnation => incarnation;

        public string Info => info;

        public string Place => place;

        public DateTimeOffset JoinedAt { get; } = joinedAt;

        public DateTimeOffset ChangedAt { get; set; } = joinedAt;

        public MemberStatus Status { get; set; }

        public TimeSpan Lease { get; set; }

        public DateTimeOffset Until { get; set; }
    }
}
