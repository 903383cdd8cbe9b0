using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>The members of a cluster in Redis, all in one slot; every decision is one script's, by Redis' clock.</summary>
internal sealed class RedisMemberTable(RedisGate gate, string name) : IMemberTable
{
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
            "OK" => RenewedOf(answer),
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
            "OK" => RenewedOf(answer),
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

    public async ValueTask<MemberView> ReadAsync(CancellationToken cancellationToken) =>
        RenewedOf(await RunAsync(["read"], cancellationToken).ConfigureAwait(false)).View!;

    private async ValueTask<RedisResult[]> RunAsync(RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await gate.RunAsync(RedisScript.Members, keys, arguments, RedisLane.Leases, cancellationToken).ConfigureAwait(false))!;

    // What, version, replication id, tick, born at, now, the soonest other end, the rows.
    private MemberRenewal.Renewed RenewedOf(RedisResult[] answer)
    {
        var mark = MarkOf(answer);
        var view = answer[7].IsNull
            ? null
            : new MemberView(
                mark.Version,
                [.. ((RedisResult[])answer[7]!).Select(row => MemberOf((RedisResult[])row!)).OrderBy(m => m.Info.Incarnation, StringComparer.Ordinal)],
                mark.BornAt,
                Instant(answer[5]));
        return new MemberRenewal.Renewed(view, mark, (string?)answer[6] == "" ? null : Span(answer[6]));
    }

    private Member MemberOf(RedisResult[] row) => new(
        MemberRules.Decode((string)row[0]!, (string)row[1]!, Where), (MemberStatus)Number(row[2]), Instant(row[3]), Instant(row[4]), Span(row[5]));

    private static TableMark MarkOf(RedisResult[] answer) =>
        new(Number(answer[1]), new HistoryMark((string)answer[2]!, Number(answer[3])), Instant(answer[4]));

    private static long Millis(TimeSpan span) => (long)span.TotalMilliseconds;

    private static DateTimeOffset Instant(RedisResult result) => DateTimeOffset.FromUnixTimeMilliseconds(Number(result));

    private static TimeSpan Span(RedisResult result) => TimeSpan.FromMilliseconds(Number(result));

    private static long Number(RedisResult result) => long.Parse((string)result!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
