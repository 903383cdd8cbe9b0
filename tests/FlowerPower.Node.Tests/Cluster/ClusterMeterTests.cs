using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace FlowerPower.Node.Tests.Cluster;

public sealed class ClusterMeterTests
{
    [Fact]
    public async Task A_clusters_life_is_counted()
    {
        var counts = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, mine) =>
            {
                if (instrument.Meter.Name == "FlowerPower.Cluster")
                {
                    mine.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, 1, tags));
        listener.Start();

        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", slots: 0);
        var b = await rig.StartAsync("b", slots: 0);
        await rig.SettledAsync(a, b);
        var onB = b.ShardsServed;
        await rig.VanishAsync(a);
        await rig.Table.DeclareDeadAsync(a.Name, default);
        b.Membership.LookNow();
        for (var change = b.Peers.Directory.Changed; b.ShardsServed < 8; change = b.Peers.Directory.Changed)
        {
            if (b.ShardsServed < 8)
            {
                await change.Within("b to serve everything");
            }
        }

        // Other tests of this process may count as well.
        AssertAtLeast(8 + onB, "claims", "free");
        AssertAtLeast(8 - onB, "claims", "taken_over");
        AssertAtLeast(onB, "moves", "in_order");
        AssertAtLeast(1, "deaths");
        AssertAtLeast(4, "renewals", "good");
        AssertAtLeast(4, "renewal_time");
        Assert.Contains(counts, count => count.Key.StartsWith("members", StringComparison.Ordinal));

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = string.Join(' ', (string[])[instrument.Name.Replace("flowerpower.cluster.", "", StringComparison.Ordinal), .. tags.ToArray().Select(tag => $"{tag.Value}")]);
            counts.AddOrUpdate(name, value, (_, before) => before + value);
        }

        void AssertAtLeast(double least, params string[] words)
        {
            var name = string.Join(' ', words);
            Assert.True(counts.GetValueOrDefault(name) >= least, $"{name} is {counts.GetValueOrDefault(name)}, not {least} or more.");
        }
    }
}
