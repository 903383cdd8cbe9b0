using System.Globalization;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Benchmarks.Transport;

/// <summary>The other process: it counts the grants that come, and answers every question.</summary>
internal sealed class GrantCounter : ITransportHandler
{
    /// <summary>The word on the command line that makes this program the other process.</summary>
    public const string Command = "transport-peer";

    private long grants;

    /// <summary>Listens, prints its port, and ends with its standard input.</summary>
    public static async Task<int> RunAsync()
    {
        await using var transport = await PeerTransport.StartAsync(
            new() { ClusterId = "bench", NodeId = "counter", Incarnation = 1, Roles = ["worker"], Types = GrantTypes.All, Listen = new("127.0.0.1", 0) },
            new GrantCounter());
        Console.WriteLine(transport.Self.Address!.Value.Port.ToString(CultureInfo.InvariantCulture));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public ValueTask ReceiveAsync(Inbound message)
    {
        if (message.Message is Grant)
        {
            grants++;
        }
        else
        {
            message.Reply(new GrantCount(grants));
            grants = 0;
        }

        return default;
    }
}
