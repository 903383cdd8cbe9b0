using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowerPower.Actors.Transport;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Benchmarks.Cluster;

/// <summary>The other process: a node of a cluster whose jobs do nothing and answer with their own number. It obeys lines of standard input, and ends with it.</summary>
internal static class BenchNodeProcess
{
    /// <summary>The word on the command line that makes this program such a process: then Redis' address and the node's name.</summary>
    public const string Command = "cluster-node";

    /// <summary>A line that sets how many jobs run at once: the word and a number.</summary>
    public const string Slots = "slots";

    public static async Task<int> RunAsync(string redis, string name)
    {
        var node = await ClusterNode.StartAsync(
            new()
            {
                Redis = RedisAddress.Parse(redis),
                Listen = new PeerAddress("127.0.0.1", 0),
                Node = new NodeOptions { Name = name, WorkerSlots = 0, Chance = NodeChance.Secure },
            },
            new Echo());
        await using (node)
        {
            Console.WriteLine(node.Address.Port.ToString(CultureInfo.InvariantCulture));
            while (await Console.In.ReadLineAsync() is { } line)
            {
                node.SetWorkerSlots(int.Parse(line.AsSpan(Slots.Length + 1), CultureInfo.InvariantCulture));
                Console.WriteLine(line);
            }
        }

        return 0;
    }

    /// <summary>Answers <c>{"ok":true,"i":N}</c> for the input <c>i</c>, as the peers' jobs do.</summary>
    private sealed class Echo : IJobExecutor
    {
        public Task<ReadOnlyMemory<byte>> RunAsync(JobSpec spec, IRunningJob job, CancellationToken cancellationToken)
        {
            var reader = new Utf8JsonReader(spec.RunConfigJson.Span);
            while (reader.Read() && reader.TokenType != JsonTokenType.Number)
            {
            }

            return Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes($$"""{"ok":true,"i":{{reader.GetInt64()}}}"""));
        }
    }
}
