using System.Diagnostics;
using System.Globalization;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Benchmarks.Transport;

/// <summary>Messages between two processes of this machine, over loopback, without TLS.</summary>
internal static class TransportSuite
{
    private const int Grants = 1_500_000;
    private const int Window = 10_000;
    private const int Asks = 10_000;
    private const int AsksAtOnce = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<Measure> Measures { get; } =
    [
        new("transport.one_way_messages_per_s", "messages/s", () => WithPeer(OneWayPerSecond)),
        new("transport.asks_per_s.64_at_once", "asks/s", () => WithPeer(AsksPerSecond)),
        new("transport.ask_latency_p50_us", "us", () => WithPeer(peer => AskLatency(peer, 0.5))),
        new("transport.ask_latency_p99_us", "us", () => WithPeer(peer => AskLatency(peer, 0.99))),
    ];

    /// <summary>From the first Tell until the other process has answered that all have been handled; at most two windows are on their way.</summary>
    private static async Task<double> OneWayPerSecond(Peer peer)
    {
        var clock = Stopwatch.StartNew();
        var arrived = 0L;
        var window = Task.FromResult(new GrantCount(0));
        for (var sent = 0; sent < Grants; sent += Window)
        {
            for (var i = 0; i < Window; i++)
            {
                peer.Tell(Grant.Example);
            }

            var next = peer.Ask<GrantCount>(new CountGrants(), Patience);
            arrived += (await window).Grants;
            window = next;
        }

        arrived += (await window).Grants;
        return arrived == Grants
            ? Grants / clock.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"{arrived} of {Grants} messages arrived.");
    }

    private static async Task<double> AsksPerSecond(Peer peer)
    {
        const int each = 2_000;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AsksAtOnce).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                await peer.Ask<GrantCount>(new CountGrants(), Patience);
            }
        })));
        return AsksAtOnce * each / clock.Elapsed.TotalSeconds;
    }

    /// <summary>One at a time.</summary>
    private static async Task<double> AskLatency(Peer peer, double quantile)
    {
        var took = new double[Asks];
        for (var i = 0; i < Asks; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await peer.Ask<GrantCount>(new CountGrants(), Patience);
            took[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(took);
        return took[(int)(Asks * quantile)];
    }

    private static async Task<double> WithPeer(Func<Peer, Task<double>> measure)
    {
        using var process = OwnProgram.Start(GrantCounter.Command);
        try
        {
            var port = int.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            await using var transport = await PeerTransport.StartAsync(
                new() { ClusterId = "bench", NodeId = "sender", Incarnation = 1, Types = GrantTypes.All }, new GrantCounter());
            return await measure(await transport.DialAsync(new("127.0.0.1", port)));
        }
        finally
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }
    }
}
