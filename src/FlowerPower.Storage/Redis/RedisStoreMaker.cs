using System.Globalization;
using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>Makes a store in Redis, or checks that what is there is this store and one that this version can use.</summary>
internal static class RedisStoreMaker
{
    /// <summary>The oldest Redis whose scripts check memory and keys before they run.</summary>
    private const int OldestMajor = 7;

    /// <returns>The number of shards and the store's id.</returns>
    public static async Task<(int Shards, string Id)> EnsureAsync(
        RedisGate gate, string name, int format, RedisStoreOptions options, CancellationToken cancellationToken)
    {
        await CheckVersionAsync(gate, cancellationToken).ConfigureAwait(false);
        RedisValue[] arguments = [format, options.ShardCount, Convert.ToHexStringLower(Guid.CreateVersion7().ToByteArray(bigEndian: true))];
        var answer = (RedisResult[])(await gate.RunAsync(
            RedisScript.Open, [ShardKeys.Meta(name)], arguments, RedisLane.Commands, cancellationToken).ConfigureAwait(false))!;
        if ((string?)answer[0] == "MISSING")
        {
            throw new StoreRefusedException($"There is no store named '{name}' in Redis at {gate.Where}: enqueue a job or start a node to make it.");
        }

        if ((string?)answer[0] != "OK")
        {
            throw new StoreCorruptException(
                $"Redis at {gate.Where} holds another program's data under the name '{name}': choose another one (redis://…?name=NAME).");
        }

        var (found, shards) = ((int)answer[1], (int)answer[2]);
        if (found != format)
        {
            throw new StoreRefusedException(
                $"The store '{name}' in Redis at {gate.Where} has format {found}, and this version reads format {format}: "
                + (found > format ? "use the version that made it, or newer." : "use the version that made it, or give a new store another name (redis://…?name=NAME)."));
        }

        return options.ShardCount == 0 || options.AcceptsOtherShardCount || shards == options.ShardCount
            ? (shards, (string)answer[3]!)
            : throw new StoreRefusedException(
                $"The store '{name}' in Redis at {gate.Where} has {shards} shards and not {options.ShardCount}: the number is fixed when a store is made; ask for {shards}.");
    }

    private static async Task CheckVersionAsync(RedisGate gate, CancellationToken cancellationToken)
    {
        var info = await gate.SendAsync(RedisLane.Commands, d => d.ExecuteAsync("INFO", "server"), cancellationToken).ConfigureAwait(false);
        var version = Field((string?)info ?? "", "redis_version");
        if (!int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major < OldestMajor)
        {
            throw new StoreRefusedException($"Redis at {gate.Where} has version {version}, and {OldestMajor}.0 or later is needed.");
        }
    }

    private static string Field(string info, string name) =>
        info.Split('\n').FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim() ?? "";
}
