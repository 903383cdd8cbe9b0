using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowerPower.Storage.Contracts.Members;

/// <summary>The contract on a real redis-server. Its clock cannot be moved, so time passes by moving every instant that is stored.</summary>
public sealed partial class RedisMemberTableTests(RedisServerFixture fixture) : MemberTableContract, IClassFixture<RedisServerFixture>
{
    private const string MoveInstants = """
        local by = tonumber(ARGV[1])
        local function moved(at) return string.format('%.0f', tonumber(at) - by) end
        for i = 2, 3 do
          local all = redis.call('ZRANGE', KEYS[i], 0, -1, 'WITHSCORES')
          for j = 1, #all, 2 do redis.call('ZADD', KEYS[i], moved(all[j + 1]), all[j]) end
        end
        for _, field in ipairs({ 'born', 'seen' }) do
          local at = redis.call('HGET', KEYS[1], field)
          if at then redis.call('HSET', KEYS[1], field, moved(at)) end
        end
        local rows = redis.call('HGETALL', KEYS[1])
        for i = 1, #rows, 2 do
          local count, at, rest = string.match(rows[i + 1], '^(%d+) (%d+) (.*)$')
          if string.sub(rows[i], 1, 2) == 'f:' then redis.call('HSET', KEYS[1], rows[i], count .. ' ' .. moved(at) .. ' ' .. rest) end
        end
        """;

    private readonly string name = fixture.NextName();
    private readonly List<RedisShardStore> opened = [];

    private string[] Keys => [$"{{{name}}}:members", $"{{{name}}}:living", $"{{{name}}}:dead"];

    public override async Task DisposeAsync()
    {
        foreach (var store in opened)
        {
            await store.DisposeAsync();
        }
    }

    protected override async Task<IMemberTable> OpenAsync() => (await OpenStoreAsync()).OpenMembers();

    protected override async Task PassAsync(TimeSpan span)
    {
        var answer = await fixture.Server.CommandAsync(["EVAL", MoveInstants, "3", .. Keys, $"{span.TotalMilliseconds}"]);
        Assert.DoesNotContain("ERR", answer, StringComparison.Ordinal);
    }

    protected override async Task<int> RowsAsync()
    {
        var (fields, living, dead) = (await CountAsync("HLEN", Keys[0]), await CountAsync("ZCARD", Keys[1]), await CountAsync("ZCARD", Keys[2]));
        Assert.Equal(4 + (2 * (living + dead)), fields); // version, tick, born, seen; two fields for each member
        return living + dead;
    }

    [Fact]
    public async Task A_renewal_is_one_command()
    {
        var joined = await JoinAsync("ada");
        await JoinAsync("bob");
        var before = await CallsAsync();

        for (var i = 0; i < 10; i++)
        {
            await RenewAsync("ada", joined.Mark.Version);
        }

        Assert.Equal(before + 10, await CallsAsync());
    }

    [Fact]
    public async Task A_full_cluster_takes_nobody_more()
    {
        await JoinAsync("ada");
        const string fill = "for i = 1, 999 do redis.call('ZADD', KEYS[1], ARGV[1], 'x' .. i) end";
        await fixture.Server.CommandAsync("EVAL", fill, "1", Keys[1], "99999999999999");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => JoinAsync("bob"));

        Assert.Contains("has 1000 living nodes already: stop one first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_names_in_one_redis_are_two_clusters()
    {
        await JoinAsync("ada");
        var other = await RedisShardStore.OpenAsync(Options(name + "x"));
        opened.Add(other);

        await other.OpenMembers().JoinAsync(Info("bob"), Lease, MemberStatus.Joining, default);

        Assert.Equal(["ada"], (await Table.ReadAsync(default)).Members.Select(m => m.Info.Incarnation));
        Assert.Equal(["bob"], (await other.OpenMembers().ReadAsync(default)).Members.Select(m => m.Info.Incarnation));
    }

    [Fact]
    public async Task Nobody_joins_a_store_that_one_process_serves_alone()
    {
        var alone = await OpenStoreAsync();
        await alone.TakeLeaseAsync(new LeaseHolder("x1", "Ada (process 7)"));

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => JoinAsync("bob"));
        await alone.DisposeAsync();
        var joined = await JoinAsync("bob");

        Assert.Matches(@"is served by Ada \(process 7\), alone: stop it first, or wait [0-9] s if it is dead", error.Message);
        Assert.Single(joined.View!.Members);
    }

    [Fact]
    public async Task Nobody_serves_alone_what_a_cluster_serves()
    {
        await JoinAsync("ada", name: "Ada", address: "10.0.0.1:7000");
        await JoinAsync("bob");
        var alone = await OpenStoreAsync();

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => alone.TakeLeaseAsync(new LeaseHolder("x1", "Cyd", Seat: "desk")));
        await Table.DeclareDeadAsync("ada", default);
        await Table.DeclareDeadAsync("bob", default);
        await using var lease = await alone.TakeLeaseAsync(new LeaseHolder("x1", "Cyd", Seat: "desk"));

        Assert.Matches(@"is served by a cluster \((Ada at 10\.0\.0\.1:7000|bob at bob:7000) and others\): stop it first, or wait [89][0-9] s", error.Message);
    }

    [Fact]
    public async Task A_member_that_finds_its_store_served_alone_is_dead()
    {
        await JoinAsync("ada");
        await PassAsync(Lease * 2);
        await (await OpenStoreAsync()).TakeLeaseAsync(new LeaseHolder("x1", "Cyd"));

        var answer = await Table.RenewAsync("ada", MemberStatus.Up, Lease, 0, default);

        Assert.IsType<MemberRenewal.Dead>(answer);
    }

    [Fact]
    public async Task A_damaged_row_is_named_with_the_remedy()
    {
        await JoinAsync("ada");
        await fixture.Server.CommandAsync("HSET", Keys[0], "i:ada", "{\"name\":");

        var error = await Assert.ThrowsAsync<StoreCorruptException>(async () => await Table.ReadAsync(default));

        Assert.Contains("The row of member 'ada'", error.Message, StringComparison.Ordinal);
        Assert.Contains("declare that member dead", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_of_a_newer_version_is_read()
    {
        await JoinAsync("ada");
        const string newer = """{"incarnation":"ada","name":"Ada","address":"h:1","roles":5,"mood":{"today":"fine"}}""";
        await fixture.Server.CommandAsync("HSET", Keys[0], "i:ada", newer);

        var member = Assert.Single((await Table.ReadAsync(default)).Members);

        Assert.Equal(("Ada", 1), (member.Info.Name, member.Info.Weight));
        Assert.True(member.Info.Roles.HasFlag(MemberRoles.Queue));
    }

    private async Task<RedisShardStore> OpenStoreAsync()
    {
        var store = await RedisShardStore.OpenAsync(Options(name));
        opened.Add(store);
        return store;
    }

    // A busy machine is not what is tested here.
    private RedisStoreOptions Options(string store) =>
        fixture.Options(store, 4) with { CommandTimeout = TimeSpan.FromSeconds(30), LeaseTimeout = TimeSpan.FromSeconds(30) };

    private async Task<long> CallsAsync()
    {
        var stats = await fixture.Server.CommandAsync("INFO", "commandstats");
        return ScriptCalls().Matches(stats).Sum(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private async Task<int> CountAsync(string command, string key) =>
        int.Parse((await fixture.Server.CommandAsync(command, key)).Trim().TrimStart(':'), CultureInfo.InvariantCulture);

    [GeneratedRegex("cmdstat_eval(?:sha)?:calls=([0-9]+)")]
    private static partial Regex ScriptCalls();
}
