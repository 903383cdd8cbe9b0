using System.Diagnostics;

namespace FlowerPower.Storage.Contracts;

/// <summary>A process that trusts the authorities of its environment, opens a store in Redis, stores a batch and reads it back: this assembly, run as a program.</summary>
internal static class RedisChild
{
    public const string Command = "redis";

    /// <summary>Run it to its end.</summary>
    /// <param name="authorities">A file of certificates that it trusts, as <c>SSL_CERT_FILE</c> says to OpenSSL.</param>
    /// <returns>What it printed: the events that it read, or an error's name and message.</returns>
    public static async Task<string> RunAsync(string url, string authorities)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, ["exec", typeof(RedisChild).Assembly.Location, Command, url]) { RedirectStandardOutput = true };
        start.Environment["SSL_CERT_FILE"] = authorities;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync();
        return output.Trim();
    }

    /// <summary>The child's side.</summary>
    public static async Task<int> MainAsync(string[] args)
    {
        try
        {
            await using var store = await RedisShardStore.OpenAsync(new RedisStoreOptions { Address = RedisAddress.Parse(args[1]), ShardCount = 4 });
            var ada = await ShardWriter.TakeAsync(store, 0);
            await ada.StoreAsync([ShardWriter.Event("a", payload: "kept")]);
            Console.WriteLine(string.Join(' ', (await Stored.LogAsync(store, 0)).Select(e => $"{e.Sequence}:{e.Events.Single().EntityId}")));
            return 0;
        }
        catch (StoreException error)
        {
            Console.WriteLine($"{error.GetType().Name}: {error.Message}");
            return 1;
        }
    }
}
