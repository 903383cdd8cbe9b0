using System.Globalization;
using System.Text;
using FlowerPower.TestServers;
using StackExchange.Redis;

namespace FlowerPower.Storage.Contracts;

/// <summary>
/// Random calls of a shard's scripts, on a redis-server and on <see cref="ShardScripts"/>: after each call the reply and every key are the same.
/// FP_MODEL_WALKS=1000 takes so many walks instead of a few.
/// </summary>
public sealed class ScriptModelTests : IAsyncLifetime
{
    private const int StepsOfAWalk = 150;
    private const int WalksByDefault = 10;

    private RedisServer server = null!;
    private ConnectionMultiplexer connection = null!;
    private RedisGate gate = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync("appendonly no");
        connection = await ConnectionMultiplexer.ConnectAsync($"{server.Host}:{server.Port}");
        gate = await RedisGate.ConnectAsync(
            new RedisStoreOptions { Address = RedisAddress.Parse(server.Url) }, TimeSpan.FromSeconds(7), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await gate.DisposeAsync();
        connection.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Scripts_and_model_answer_the_same_and_leave_the_same_in_every_key()
    {
        var walks = int.Parse(Environment.GetEnvironmentVariable("FP_MODEL_WALKS") ?? $"{WalksByDefault}", CultureInfo.InvariantCulture);
        var most = 0;
        for (var seed = 1; seed <= walks; seed++)
        {
            var walk = new Walk(gate, connection.GetDatabase(), seed);
            try
            {
                await walk.RunAsync(StepsOfAWalk);
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, step {walk.Step}, {walk.Operation}: {e}");
            }

            most = Math.Max(most, walk.MostChunks);
        }

        Assert.InRange(most, 8, int.MaxValue); // else no walk has seen chunks that fill and split
    }

    [Fact]
    public async Task The_lease_and_its_model_answer_the_same_and_leave_the_same()
    {
        var database = connection.GetDatabase();
        for (var seed = 1; seed <= 20; seed++)
        {
            var (random, model, key) = (new Random(seed), new LeaseScript(), $"lease{seed}");
            for (var step = 1; step <= 60; step++)
            {
                if (random.Next(6) == 0)
                {
                    model.End();
                    await EndAsync(database, key);
                }

                string[] who = ["Ada", "Bob", "Cyd"];
                string[] seats = ["", "desk", "bench"];
                var (mine, seat, takes, givesBack) = (who[random.Next(3)], seats[random.Next(3)], random.Next(2) == 0, random.Next(4) == 0);
                var (answer, detail) = model.Renew(mine, mine + "!", givesBack, seat, takes);

                var reply = (RedisResult[])(await gate.RunAsync(
                    RedisScript.Renew, [key, $"members{seed}", $"living{seed}"], [mine, mine + "!", givesBack ? 0 : 600_000, seat, takes ? "take" : "keep"], RedisLane.Leases, default))!;

                var where = $"seed {seed}, step {step}: ";
                Assert.Equal(where + (answer, detail), where + ((string)reply[0]!, (string)reply[answer == "OK" ? 2 : 1]!));
                Assert.Equal(where + model.Image(), where + await ImageAsync(database, key));
            }
        }
    }

    private static async Task EndAsync(IDatabase database, string key)
    {
        if (await database.HashExistsAsync(key, "incarnation"))
        {
            await database.HashSetAsync(key, "until", "1");
        }
    }

    private static async Task<string> ImageAsync(IDatabase database, string key)
    {
        var fields = (await database.HashGetAllAsync(key)).ToDictionary(f => (string)f.Name!, f => (string)f.Value!);
        fields.TryAdd("tick", "");
        return string.Join(' ', fields.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key == "until" ? $"until={(f.Value == "1" ? "past" : "coming")}" : $"{f.Key}={f.Value}"));
    }

    private sealed class Walk(RedisGate gate, IDatabase database, int seed)
    {
        // In some walks the buckets' numbers pass from two bytes to four.
        private readonly int bucketsBefore = seed % 5 == 0 ? 0xEFFD : 0;
        private readonly Random random = new(seed);
        private readonly ShardKeys keys = new($"m{seed}", 3);
        private readonly List<string> claims = [TestIds.NextClaim().ToString()];
        private readonly List<(ShardBatch Batch, RedisValue[] Arguments)> sent = [];
        private ShardScripts model = new(3, 0);
        private DateTimeOffset clock = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public int Step { get; private set; }

        public string Operation { get; private set; } = "";

        public int MostChunks { get; private set; }

        public async Task RunAsync(int steps)
        {
            model = new ShardScripts(3, bucketsBefore);
            await database.HashSetAsync(keys.Buckets, [.. Enumerable.Range(1, bucketsBefore).Select(i => new HashEntry($"1:0:former{i}", i))]);
            for (Step = 1; Step <= steps; Step++)
            {
                switch (random.Next(20))
                {
                    case 0 or 1 when Step > 2:
                        await ClaimAsync();
                        break;
                    case 2:
                        await ReleaseAsync();
                        break;
                    case 3 or 4:
                        await PruneAsync();
                        break;
                    case 5:
                        await ReadAsync();
                        break;
                    case 6 when sent.Count > 0:
                        await SendAgainAsync();
                        break;
                    case 7:
                        Operation = "script flush";
                        await database.ExecuteAsync("SCRIPT", "FLUSH");
                        break;
                    default:
                        if (Step <= 2)
                        {
                            await ClaimAsync();
                        }

                        await AppendAsync();
                        break;
                }
            }
        }

        private async Task ClaimAsync()
        {
            var mine = random.Next(4) == 0 ? Any(claims) : TestIds.NextClaim().ToString();
            var seen = random.Next(4) == 0 ? "" : claims[^1];
            Operation = $"claim {mine} after '{seen}'";
            var expected = model.Claim(mine, "Ada", seen);
            await CompareAsync(expected, RedisScript.Claim, keys.All, [mine, "Ada", seen]);
            if (expected.StartsWith("[OK", StringComparison.Ordinal))
            {
                claims.Remove(mine);
                claims.Add(mine);
            }
        }

        private async Task ReleaseAsync()
        {
            var mine = Any(claims);
            Operation = $"release {mine}";
            await CompareAsync(model.Release(mine), RedisScript.Release, [keys.Head], [mine]);
            var again = claims[^1];
            await CompareAsync(model.Claim(again, "Bob", ""), RedisScript.Claim, keys.All, [again, "Bob", ""]);
        }

        private async Task AppendAsync()
        {
            var batch = Batch();
            var arguments = AppendArguments.Of(batch);
            if (random.Next(3) == 0)
            {
                Shuffle(arguments); // the scripts must not need the order
            }

            sent.Add((batch, arguments));
            Operation = $"append of {batch.Records.Count} records";
            await SendAsync(batch, arguments);
        }

        private async Task SendAgainAsync()
        {
            var (batch, arguments) = sent[Math.Max(0, sent.Count - 1 - random.Next(3))];
            Operation = "append of a batch that was sent before";
            await SendAsync(batch, arguments);
        }

        private async Task SendAsync(ShardBatch batch, RedisValue[] arguments)
        {
            var expected = model.Append(
                batch.Claim.ToString(), batch.Previous.ToString(), batch.Token.ToString(), batch.CutThrough, (byte[])arguments[4]!, batch.Records);
            await CompareAsync(expected, RedisScript.Append, keys.All, arguments);
        }

        private async Task PruneAsync()
        {
            var claim = random.Next(6) == 0 ? Any(claims) : claims[^1];
            var (now, room) = (clock.AddHours(random.Next(-5, 60)), random.Next(3) == 0 ? random.Next(1, 40) : 10_000);
            Operation = $"prune of {room} until {now:O}";
            var ticks = PlaceOf(now, "");
            var answer = Text(await gate.RunAsync(RedisScript.Prune, keys.All, [claim, ticks, room], RedisLane.Commands, default));
            var image = await ShardImage.ReadAsync(database, keys, model.BucketNames);
            Assert.Equal(model.Prune(claim, now.UtcTicks, room, image.Ids.Contains), answer);
            CompareImage(image);
        }

        private async Task ReadAsync()
        {
            var most = random.Next(1, 80);
            Operation = $"reads of {most}";
            var after = random.NextInt64(model.Sequence + 3);
            await CompareAsync(model.Log(after, most), RedisScript.Log, [keys.Head, keys.Log], [after, most], entriesOf: 3);
            var id = random.Next(3) == 0 ? "" : Id();
            await CompareAsync(model.Live(id, most), RedisScript.Live, [keys.Live, keys.Records], [id, most], entriesOf: -1);
            foreach (var name in model.BucketNames.ToList())
            {
                var code = model.CodeOf(name);
                byte[] place = random.Next(3) == 0 ? [] : PlaceOf(SortAt(), Id());
                await CompareAsync(model.List(code, place, most), RedisScript.List, [keys.Index], [code, place, most], entriesOf: -1);
            }
        }

        /// <param name="entriesOf">From which place of the reply on its bytes are shown as hexadecimal digits; -1: all of it.</param>
        private async Task CompareAsync(string expected, RedisScript script, RedisKey[] scriptKeys, RedisValue[] arguments, int? entriesOf = null)
        {
            var answer = await gate.RunAsync(script, scriptKeys, arguments, RedisLane.Commands, default);
            Assert.Equal(expected, entriesOf is { } from ? Text(answer, from) : Text(answer));
            CompareImage(await ShardImage.ReadAsync(database, keys, model.BucketNames));
        }

        private void CompareImage(ShardImage image)
        {
            var expected = model.Image().ToList();
            for (var i = 0; i < Math.Max(expected.Count, image.Lines.Count); i++)
            {
                Assert.Equal(expected.ElementAtOrDefault(i), image.Lines.ElementAtOrDefault(i));
            }

            MostChunks = Math.Max(MostChunks, image.Chunks.Count);
            foreach (var chunk in image.Chunks)
            {
                var expiries = chunk.Places.Select(p => model.ExpiryOf(chunk.Code + p)).Where(e => e is not null).ToList();
                if (expiries.Count > 0)
                {
                    Assert.True(image.Hints.TryGetValue(chunk.Code + chunk.Places[0], out var hint), $"The chunk at {chunk.Places[0]} expires and has no hint.");
                    Assert.InRange(hint, 0, expiries.Min()!.Value / TimeSpan.TicksPerMillisecond);
                }
            }

            Assert.Subset(image.Chunks.Select(c => c.Code + c.Places[0]).ToHashSet(), image.Hints.Keys.ToHashSet()); // no hint without its chunk
        }

        private ShardBatch Batch()
        {
            var changes = new Dictionary<string, RecordChange>();
            var count = random.Next(4) == 0 ? random.Next(120) : random.Next(6);
            for (var i = 0; i < count; i++)
            {
                var change = Change();
                changes[change.EntityId] = change;
            }

            return new ShardBatch
            {
                Shard = 3,
                Claim = new ClaimId(Guid.Parse(random.Next(12) == 0 ? Any(claims) : claims[^1])),
                Previous = random.Next(12) == 0 ? TestIds.NextToken() : new BatchToken(Guid.Parse(model.Token)),
                Token = TestIds.NextToken(),
                Events = [.. Enumerable.Range(0, random.Next(3)).Select(_ => ShardWriter.Event(Id(), Step))],
                Records = [.. changes.Values],
                CutThrough = random.Next(4) == 0 ? random.NextInt64(Math.Max(0, model.Sequence - 3), model.Sequence + 4) : null,
            };
        }

        private RecordChange Change()
        {
            var id = random.Next(3) == 0 && model.Ids.Any() ? Any([.. model.Ids]) : Id();
            if (random.Next(8) == 0)
            {
                return ShardWriter.Deletion(id);
            }

            var isLive = random.Next(4) == 0;
            var index = new RecordIndex(random.Next(1, 4), random.Next(3) == 0 ? "ü:1" : "", "default", SortAt());
            DateTimeOffset? expires = isLive || random.Next(4) == 0 ? null : clock.AddHours(random.Next(48)).AddTicks(random.Next(3));
            return new RecordChange(id, Step, isLive, index, expires, Encoding.UTF8.GetBytes($"step {Step}"));
        }

        // Mostly the clock goes on; some come again, a little before others, or far away, with other bytes in common.
        private DateTimeOffset SortAt() => random.Next(12) switch
        {
            0 => clock,
            1 => clock.AddTicks(-random.Next(1, 300)),
            2 => clock.AddTicks(-random.NextInt64(TimeSpan.TicksPerDay * 400)),
            3 => random.Next(2) == 0 ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue,
            _ => clock = clock.AddTicks(random.NextInt64(1, TimeSpan.TicksPerMinute)),
        };

        private string Id() => random.Next(8) switch
        {
            0 => new string('a', random.Next(1, 5)),
            1 => $"ü{random.Next(9)}",
            2 => $"{random.Next(9)}{new string('\u3042', 120)}",
            3 => $"🌻{random.Next(9)}",
            4 => "\uff5e" + random.Next(9), // after the flower in UTF-16, before it in UTF-8
            _ => $"01kjy8x{random.Next(400):x4}zzzzzzzzzz00000",
        };

        private string Any(List<string> texts) => texts[random.Next(texts.Count)];

        private void Shuffle(RedisValue[] arguments)
        {
            var from = 6 + (int)arguments[5];
            var changes = arguments[from..].Chunk(3).ToArray();
            random.Shuffle(changes);
            changes.SelectMany(c => c).ToArray().CopyTo(arguments, from);
        }

        private static byte[] PlaceOf(DateTimeOffset at, string id) => ShardList.Place.Bytes(new RecordCursor(at, id));

        private static string Text(RedisResult result, int hexFrom = int.MaxValue)
        {
            RedisResult[] parts;
            try
            {
                parts = (RedisResult[])result!;
            }
            catch (InvalidCastException)
            {
                return hexFrom < 0 ? ShardScripts.Hex((byte[])result!) : (string)result!; // not an array
            }

            return $"[{string.Join(',', parts.Select((r, i) => Text(r, hexFrom < 0 || i >= hexFrom ? -1 : int.MaxValue)))}]";
        }
    }
}
