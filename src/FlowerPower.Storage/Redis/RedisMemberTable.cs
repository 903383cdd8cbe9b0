using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>The members of a cluster in Redis, all in one slot; every decision is one script's, by Redis' clock.</summary>
/// <param name="masters">The servers of the store, if there are several: the table's own history says nothing about the others.</param>
internal sealed class RedisMemberTable(RedisGate gate, string name, RedisMasters? masters) : IMemberTable
{
    private readonly Lock round = new();
    private Task<bool>? asking;

    private readonly RedisKey[] keys = [.. ShardKeys.Members(name), ShardKeys.Leases(name)];

    private string Where => $"the store '{name}' in Redis at {gate.Where}";

    private string What => $"The store '{name}' in Redis at {gate.Where}";

    public async ValueTask<MemberRenewal.Renewed> JoinAsync(MemberInfo me, TimeSpan lease, MemberStatus status, CancellationToken cancellationToken)
    {
        var row = MemberRules.Encode(me);
        MemberRules.CheckLiving(status, lease);
        var answer = await RunAsync(
            ["join", me.Incarnation, (int)status, Millis(lease), 0, row, MemberRules.PlaceOf(me)], cancellationToken).ConfigureAwait(false);
        return (string?)answer[0] switch
        {
            "OK" => RenewedOf(answer) with { OtherServersChanged = HaveOthersChanged() },
            "ALONE" => throw MemberRules.ServedAlone(What, (string)answer[1]!, Span(answer[2])),
            "GONE" => throw MemberRules.DeadAlready(Where, me.Incarnation),
            _ => throw MemberRules.Full(What),
        };
    }

    public async ValueTask<MemberRenewal> RenewAsync(
        string incarnation, MemberStatus status, TimeSpan lease, long knownVersion, CancellationToken cancellationToken)
    {
        MemberRules.CheckIncarnation(incarnation);
        MemberRules.CheckLiving(status, lease);
        var answer = await RunAsync(["renew", incarnation, (int)status, Millis(lease), knownVersion], cancellationToken).ConfigureAwait(false);
        return (string?)answer[0] switch
        {
            "OK" => RenewedOf(answer) with { OtherServersChanged = HaveOthersChanged() },
            "DEAD" => new MemberRenewal.Dead(),
            _ => new MemberRenewal.Unknown(MarkOf(answer)),
        };
    }

    public async ValueTask<bool> DeclareDeadAsync(string incarnation, CancellationToken cancellationToken)
    {
        MemberRules.CheckIncarnation(incarnation);
        var answer = await RunAsync(["dead", incarnation], cancellationToken).ConfigureAwait(false);
        return (string?)answer[0] == "OK";
    }

    public async ValueTask<ShardFalls> CountFallAsync(int shard, string owner, ClaimId claim, int most, int few, CancellationToken cancellationToken)
    {
        MemberRules.CheckFall(shard, owner, most, few);
        var answer = await RunAsync(
            ["fall", owner, shard, claim.ToString(), most, few, (long)IMemberTable.FallsKept.TotalMilliseconds], cancellationToken).ConfigureAwait(false);
        return new ShardFalls((int)Number(answer[1]), (string?)answer[0] == "PARKED");
    }

    public async ValueTask<bool> AcquitAsync(int shard, ClaimId? after, CancellationToken cancellationToken) =>
        (string?)(await RunAsync(["acquit", "", shard, after?.ToString() ?? ""], cancellationToken).ConfigureAwait(false))[0] == "OK";

    public async ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken) =>
        RenewedOf(await RunAsync(["read"], cancellationToken).ConfigureAwait(false)).View!;

    /// <summary>
    /// Asked with one renewal and told with the next: a master that is away takes its time to say nothing, and a lease must not wait for that. Of a
    /// master that has not been met yet, the first word counts as no change.
    /// </summary>
    private bool HaveOthersChanged()
    {
        if (masters is null)
        {
            return false;
        }

        lock (round)
        {
            if (asking is { IsCompleted: false })
            {
                return false;
            }

            var haveChanged = asking is { IsCompletedSuccessfully: true, Result: true };
            asking = AskAsync(isFirst: asking is null);
            return haveChanged;
        }
    }

    private async Task<bool> AskAsync(bool isFirst)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (isFirst)
            {
                await masters!.LearnAsync(CancellationToken.None).ConfigureAwait(false);
                return false;
            }

            return await masters!.HaveChangedAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            return false; // the store was closed
        }
    }

    private async ValueTask<RedisResult[]> RunAsync(RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await gate.RunAsync(RedisScript.Members, keys, arguments, RedisLane.Leases, cancellationToken).ConfigureAwait(false))!;

    // What, version, replication id, tick, born at, now, the soonest other end, the rows, the parked shards.
    private MemberRenewal.Renewed RenewedOf(RedisResult[] answer)
    {
        var mark = MarkOf(answer);
        var view = answer[7].IsNull
            ? null
            : new MemberView(
                mark.Version,
                [.. ((RedisResult[])answer[7]!).Select(row => MemberOf((RedisResult[])row!)).OrderBy(m => m.Info.Incarnation, StringComparer.Ordinal)],
                mark.BornAt,
                Instant(answer[5]))
            {
                Parked = [.. ((RedisResult[])answer[8]!).Select(row => ParkedOf((RedisResult[])row!)).OrderBy(p => p.Shard)],
            };
        return new MemberRenewal.Renewed(view, mark, (string?)answer[6] == "" ? null : Span(answer[6]));
    }

    private Member MemberOf(RedisResult[] row) => new(
        MemberRules.Decode((string)row[0]!, (string)row[1]!, Where), (MemberStatus)Number(row[2]), Instant(row[3]), Instant(row[4]), Span(row[5]));

    private static ParkedShard ParkedOf(RedisResult[] row) => new((int)Number(row[0]), (int)Number(row[1]), (string)row[3]!, Instant(row[2]));

    private static TableMark MarkOf(RedisResult[] answer) =>
        new(Number(answer[1]), new HistoryMark((string)answer[2]!, Number(answer[3])), Instant(answer[4]));

    private static long Millis(TimeSpan span) => (long)span.TotalMilliseconds;

    private static DateTimeOffset Instant(RedisResult result) => DateTimeOffset.FromUnixTimeMilliseconds(Number(result));

    private static TimeSpan Span(RedisResult result) => TimeSpan.FromMilliseconds(Number(result));

    private static long Number(RedisResult result) => long.Parse((string)result!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
