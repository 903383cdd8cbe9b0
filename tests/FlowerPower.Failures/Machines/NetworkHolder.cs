using System.Diagnostics;
using FlowerPower.TestServers;

namespace FlowerPower.Failures.Machines;

/// <summary>A process that makes a network, starts a process on it, says which, and waits to be killed.</summary>
internal static class NetworkHolder
{
    public const string Command = "hold-network";

    public static async Task<int> MainAsync()
    {
        var network = await Network.CreateAsync("a");
        using var sleeper = await network.StartAsync("a", new ProcessStartInfo("sleep", ["1000"]));
        Console.WriteLine($"{network.Name} {sleeper.Id}");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
