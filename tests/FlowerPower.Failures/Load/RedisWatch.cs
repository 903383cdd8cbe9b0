using System.Globalization;
using FlowerPower.TestServers;

namespace FlowerPower.Failures.Load;

/// <summary>Reads every shard's head and log in Redis, again and again, as a witness that no node can influence.</summary>
internal sealed class RedisWatch : IAsyncDisposable
{
    private const int Overlap = 2;

    // The keys are not declared: it only reads, and not in a Redis Cluster.
    private const string Script = """
        local out = {}
        for i = 0, tonumber(ARGV[2]) - 1 do
          local tag = '{' .. ARGV[1] .. ':' .. i .. '}'
          local h = redis.call('HMGET', tag .. ':head', 'seq', 'tok', 'cut')
          if h[1] then
            out[#out + 1] = i .. ' head ' .. h[1] .. ' ' .. h[2]
            local from = math.max(0, tonumber(ARGV[3 + i]) - tonumber(h[3] or '0'))
            for _, entry in ipairs(redis.call('LRANGE', tag .. ':log', from, -1)) do
              out[#out + 1] = i .. ' log ' .. string.format('%.0f', struct.unpack('>I8', entry)) .. ' ' .. redis.sha1hex(entry)
            end
          end
        end
        return table.concat(out, '\n')
        """;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    private readonly RedisServer redis;
    private readonly string store;
    private readonly long[] from;
    private readonly long[] seen;
    private readonly List<LogSighting> entries = [];
    private readonly List<HeadSighting> heads = [];
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;
    private int reads;

    /// <param name="store">The cluster's name.</param>
    /// <param name="shards">The number of its shards.</param>
    public RedisWatch(RedisServer redis, string store, int shards)
    {
        this.redis = redis;
        this.store = store;
        from = new long[shards];
        seen = new long[shards];
        Array.Fill(seen, long.MaxValue / 4096); // the first reading is to find out where each shard stands: what came before is not this watch's
        loop = Task.Run(WatchAsync);
    }

    /// <summary>All entries that were seen, the same one once for each reading.</summary>
    public IReadOnlyList<LogSighting> Entries => entries;

    /// <summary>All heads that were seen.</summary>
    public IReadOnlyList<HeadSighting> Heads => heads;

    /// <summary>Read everything that has come since the beginning once more, and no more after it.</summary>
    /// <returns>The number of this last reading.</returns>
    public async Task<int> ReadAllAsync()
    {
        await stop.CancelAsync();
        await loop;
        from.CopyTo(seen, 0);
        return await TryReadAsync() ? reads : throw new InvalidOperationException("Redis does not answer.");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
    }

    private async Task WatchAsync()
    {
        using var pace = new PeriodicTimer(Every);
        try
        {
            while (await pace.WaitForNextTickAsync(stop.Token))
            {
                await TryReadAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private async Task<bool> TryReadAsync()
    {
        await turn.WaitAsync();
        try
        {
            string answer;
            try
            {
                answer = await redis.CommandAsync(["EVAL", Script, "0", store, $"{seen.Length}", .. seen.Select(s => $"{Math.Max(0, s - Overlap)}")]);
            }
            catch (InvalidOperationException)
            {
                return false; // it is away
            }

            if (!answer.StartsWith('$'))
            {
                return false; // it is reading its data
            }

            reads++;
            if (reads == 1)
            {
                Array.Clear(seen); // a shard that has no head yet begins now
            }

            foreach (var words in answer.Split("\r\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')))
            {
                var (shard, sequence) = (int.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
                if (words[1] == "log")
                {
                    entries.Add(new LogSighting(reads, shard, sequence, words[3]));
                    seen[shard] = sequence;
                }
                else
                {
                    heads.Add(new HeadSighting(reads, shard, sequence, words[3]));
                    if (reads == 1)
                    {
                        seen[shard] = from[shard] = sequence;
                    }
                    else if (sequence < seen[shard])
                    {
                        seen[shard] = Math.Min(from[shard], sequence); // it went back: all is to be compared
                    }
                }
            }

            return true;
        }
        finally
        {
            turn.Release();
        }
    }
}
