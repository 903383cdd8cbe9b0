using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FlowerPower.TestServers;

namespace FlowerPower.Failures.Machines;

/// <summary>The machines that the other tests stand on.</summary>
public sealed class NetworkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Long enough for an answer that is not cut off; a cut that were not one would pass by mistake on a machine that is slower.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task A_cut_is_silent_for_the_two_that_it_parts_and_nobody_else_notices_it()
    {
        await using var network = await Network.CreateAsync("a", "b");
        await using var server = await RedisServer.StartAsync(network, "a");
        using var client = new TcpClient();
        await client.ConnectAsync(network.AddressOf("a"), server.Port);

        await network.CutAsync("a", Network.Outside);
        await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        var answer = ReadAsync(client);

        Assert.Equal("+PONG", await AskFromAsync(network, "b", server));
        Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(Silence)));
        await network.HealAsync("a", Network.Outside);
        Assert.Equal("+PONG", await answer.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_machine_that_is_cut_off_reaches_nobody_until_all_is_healed()
    {
        await using var network = await Network.CreateAsync("a", "b");
        await using var server = await RedisServer.StartAsync(network, "a");

        await network.CutOffAsync("b");
        Assert.Equal("", await AskFromAsync(network, "b", server, Silence));
        Assert.StartsWith("+PONG", await server.CommandAsync("PING"), StringComparison.Ordinal);

        await network.HealAsync();
        Assert.Equal("+PONG", await AskFromAsync(network, "b", server));
    }

    [Fact]
    public async Task Machines_know_each_other_by_their_names()
    {
        await using var network = await Network.CreateAsync("a", "b");
        using var process = await network.StartAsync("a", new ProcessStartInfo("getent", ["hosts", "b"]) { RedirectStandardOutput = true });

        Assert.Equal([network.AddressOf("b"), "b"], (await process.StandardOutput.ReadToEndAsync()).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_a_killed_test_process_started_ends_with_it_and_the_next_one_removes_its_network()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(NetworkTests).Assembly.Location, NetworkHolder.Command]) { RedirectStandardOutput = true };
        using var holder = Process.Start(start)!;
        var said = (await holder.StandardOutput.ReadLineAsync().WaitAsync(Patience))!.Split(' ');
        using var sleeper = Process.GetProcessById(int.Parse(said[1]));
        Assert.True(Directory.Exists($"/sys/class/net/{said[0]}"));

        holder.Kill();
        await sleeper.WaitForExitAsync().WaitAsync(Patience);
        await holder.WaitForExitAsync().WaitAsync(Patience);
        await using var network = await Network.CreateAsync("b");

        // Its number may be this network's by now: then its bridge is, and its machine is not.
        Assert.False(File.Exists($"/run/netns/{said[0]}-a"));
        Assert.True(network.Name == said[0] || !Directory.Exists($"/sys/class/net/{said[0]}"));
    }

    private static async Task<string> ReadAsync(TcpClient client)
    {
        var buffer = new byte[100];
        var read = await client.GetStream().ReadAsync(buffer);
        return Encoding.ASCII.GetString(buffer, 0, read).TrimEnd();
    }

    private static async Task<string> AskFromAsync(Network network, string machine, RedisServer server, TimeSpan? within = null)
    {
        var script = $"exec 3<>/dev/tcp/{server.Host}/{server.Port} && echo PING >&3 && head -n 1 <&3";
        var start = new ProcessStartInfo("timeout", [$"{(within ?? Patience).TotalSeconds}", "bash", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = await network.StartAsync(machine, start);
        return (await process.StandardOutput.ReadToEndAsync().WaitAsync(2 * Patience)).TrimEnd();
    }
}
