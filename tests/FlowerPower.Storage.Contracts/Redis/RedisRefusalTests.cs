using FlowerPower.TestServers;

namespace FlowerPower.Storage.Contracts;

/// <summary>What a user hears who points at the wrong Redis, or at the right one with the wrong words.</summary>
public sealed class RedisRefusalTests(RedisServerFixture fixture) : IClassFixture<RedisServerFixture>
{
    private readonly string name = fixture.NextName();

    [Fact]
    public async Task Nobody_at_the_address_is_said_with_the_address()
    {
        var port = RedisServer.FreePort();

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync($"redis://127.0.0.1:{port}"));

        Assert.Contains($"127.0.0.1:{port} cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "asks for a password, and its address has none")]
    [InlineData(":@", "asks for a password, and its address has none")]
    [InlineData(":wrong@", "does not accept the password")]
    public async Task A_wrong_or_missing_password_is_refused_and_not_repeated(string entry, string why)
    {
        await using var server = await RedisServer.StartAsync("requirepass right");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync($"redis://{entry}127.0.0.1:{server.Port}"));
        await using var store = await OpenAsync($"redis://:right@127.0.0.1:{server.Port}");

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, store.ShardCount);
    }

    [Fact]
    public async Task A_replica_is_refused_with_the_remedy()
    {
        await using var replica = await RedisServer.StartAsync($"replicaof 127.0.0.1 {fixture.Server.Port}");

        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(replica.Url));

        Assert.Contains("read-only replica", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_number_of_shards_is_refused_and_0_accepts_what_is_there()
    {
        await (await OpenAsync(fixture.Server.Url, 8)).DisposeAsync();

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(fixture.Server.Url, 16));
        await using var store = await OpenAsync(fixture.Server.Url, 0);

        Assert.Contains("has 8 shards and not 16", error.Message, StringComparison.Ordinal);
        Assert.Equal(8, store.ShardCount);
    }

    [Fact]
    public async Task Accepting_what_is_there_makes_no_store()
    {
        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(fixture.Server.Url, 0));

        Assert.Contains($"no store named '{name}'", error.Message, StringComparison.Ordinal);
        Assert.Equal(":0\r\n", await fixture.Server.CommandAsync("EXISTS", $"{{{name}}}:store"));
    }

    [Theory]
    [InlineData(1, "use the version that made it, or give a new store another name (redis://…?name=NAME).")]
    [InlineData(3, "use the version that made it, or newer.")]
    public async Task Another_format_is_refused_with_the_remedy(int format, string remedy)
    {
        await (await OpenAsync(fixture.Server.Url)).DisposeAsync();
        await fixture.Server.CommandAsync("HSET", $"{{{name}}}:store", "format", $"{format}");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync(fixture.Server.Url));

        Assert.Contains($"has format {format}, and this version reads format 2: {remedy}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SET", "x")]
    [InlineData("HSET", "colour", "red")]
    public async Task Another_programs_data_under_the_name_is_left_alone(string command, params string[] rest)
    {
        await fixture.Server.CommandAsync([command, $"{{{name}}}:store", .. rest]);

        var error = await Assert.ThrowsAsync<StoreCorruptException>(() => OpenAsync(fixture.Server.Url));

        Assert.Contains("another program's data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_programs_data_under_a_shards_keys_is_found_before_anything_is_written()
    {
        await using var store = await OpenAsync(fixture.Server.Url);
        await fixture.Server.CommandAsync("SET", $"{{{name}:1}}:ix", "x");

        var error = await Assert.ThrowsAsync<StoreCorruptException>(() => ShardWriter.TakeAsync(store, 1));

        Assert.Contains($"{{{name}:1}}:ix is a string", error.Message, StringComparison.Ordinal);
        Assert.Null((await store.ReadHeadAsync(1, default)).Owner);
    }

    [Fact]
    public async Task Two_names_in_one_redis_are_two_stores()
    {
        await using var one = await OpenAsync(fixture.Server.Url);
        await using var other = await RedisShardStore.OpenAsync(fixture.Options(fixture.NextName(), 4));
        var ada = await ShardWriter.TakeAsync(one, 0);
        await ada.StoreAsync([ShardWriter.Event("a")], [ShardWriter.Record("a")]);

        Assert.NotEqual(one.StoreId, other.StoreId);
        Assert.Null(await other.ReadRecordAsync(0, "a", default));
        Assert.Null((await other.ReadHeadAsync(0, default)).Owner);
    }

    [Fact]
    public async Task An_older_redis_is_refused_with_its_version()
    {
        await using var old = OneAnswerServer.Start("# Server\r\nredis_version:6.2.7\r\nrole:master\r\n");

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => OpenAsync($"redis://127.0.0.1:{old.Port}"));

        Assert.Contains("has version 6.2.7, and 7.0 or later is needed", error.Message, StringComparison.Ordinal);
    }

    private Task<RedisShardStore> OpenAsync(string url, int shards = 4) => RedisShardStore.OpenAsync(new RedisStoreOptions
    {
        Address = RedisAddress.Parse($"{url}?name={name}"),
        ShardCount = shards,
        ConnectTimeout = TimeSpan.FromSeconds(2),
    });
}
