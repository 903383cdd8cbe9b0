using System.Diagnostics;

namespace FlowerPower.Storage.Contracts.Sqlite;

/// <summary>A second process that opens a store and writes until it is killed: this assembly, run as a program.</summary>
/// <remarks>It prints <c>open</c> once it has the store, and then <c>shard sequence</c> for each batch that was acknowledged.</remarks>
internal sealed class ChildProcess : IDisposable
{
    public const string HolderName = "the child of a test";
    public const int ShardCount = 4;

    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>Start a child that holds the store at a path.</summary>
    public static async Task<ChildProcess> StartAsync(string path)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, ["exec", typeof(ChildProcess).Assembly.Location, path])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        var child = new ChildProcess(Process.Start(start)!);
        Assert.Equal("open", await child.NextLineAsync());
        return child;
    }

    /// <summary>Let the child begin to write.</summary>
    public void Go() => process.StandardInput.WriteLine("go");

    /// <summary>The child's next line; <see langword="null"/> after its end.</summary>
    public async Task<string?> NextLineAsync() =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>SIGKILL, to this process only.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    /// <summary>The child's side.</summary>
    public static async Task<int> MainAsync(string[] args)
    {
        if (args.Length != 1)
        {
            await Console.Error.WriteLineAsync("Usage: give the path of a store; tests start this program as a child process.");
            return 2;
        }

        var options = new SqliteStoreOptions { Path = args[0], ShardCount = ShardCount, HolderName = HolderName };
        await using var store = await SqliteShardStore.OpenAsync(options);
        Console.WriteLine("open");
        Console.ReadLine();
        await Task.WhenAll(Enumerable.Range(0, ShardCount).Select(shard => Task.Run(() => WriteForEverAsync(store, shard))));
        return 0;
    }

    /// <summary>The batch that a child writes as a shard's entry: the parent can tell it from the numbers alone.</summary>
    public static ShardBatch Batch(int shard, long sequence, ClaimId claim) => new()
    {
        Shard = shard,
        Claim = claim,
        Previous = Token(shard, sequence - 1),
        Token = Token(shard, sequence),
        Events = [ShardWriter.Event($"job-{shard}", sequence, new string('e', (int)(sequence * 37 % 500)))],
        Records = [ShardWriter.Record($"job-{shard}", sequence, status: 1 + shard), ShardWriter.Record($"job-{shard}-{sequence % 100}", sequence, status: 9)],
        CutThrough = sequence > 50 ? sequence - 50 : null,
    };

    public static BatchToken Token(int shard, long sequence) =>
        sequence == 0 ? BatchToken.Start : new BatchToken(new Guid((int)sequence, (short)shard, 7, new byte[8]));

    private static async Task WriteForEverAsync(SqliteShardStore store, int shard)
    {
        var head = await store.ReadHeadAsync(shard, default);
        var mine = new ShardOwner("Ada", new ClaimId(new Guid((int)head.Sequence, (short)shard, 8, new byte[8])));
        Assert.IsType<ClaimOutcome.Granted>(await store.ClaimAsync(shard, mine, head.Owner?.Claim, default));
        for (var sequence = head.Sequence + 1; ; sequence++)
        {
            Assert.Equal(new AppendOutcome.Stored(sequence), await store.AppendAsync(Batch(shard, sequence, mine.Claim), default));
            Console.WriteLine($"{shard} {sequence}");
        }
    }
}
