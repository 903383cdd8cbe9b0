using System.Net.Sockets;
using System.Text;

namespace FlowerPower.TestServers;

/// <summary>Plays a server of another version: it greets as Redis does and answers INFO with what the test wants.</summary>
public sealed class OneAnswerServer : IAsyncDisposable
{
    private readonly Acceptor acceptor;

    private OneAnswerServer(string info) => acceptor = new Acceptor((client, stopping) => ServeAsync(client, info, stopping));

    public int Port => acceptor.Port;

    /// <param name="info">The answer to INFO.</param>
    public static OneAnswerServer Start(string info) => new(info);

    public ValueTask DisposeAsync() => acceptor.DisposeAsync();

    private static async Task ServeAsync(TcpClient client, string info, CancellationToken stopping)
    {
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        while (await ReadCommandAsync(reader, stopping) is { } words)
        {
            var answer = words[0].ToUpperInvariant() switch
            {
                "INFO" => $"${info.Length}\r\n{info}\r\n",
                "PING" => "+PONG\r\n",
                "ECHO" => $"${words[1].Length}\r\n{words[1]}\r\n",
                "CLIENT" => "+OK\r\n",
                _ => "-ERR unknown command\r\n",
            };
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), stopping);
        }
    }

    private static async Task<string[]?> ReadCommandAsync(StreamReader reader, CancellationToken stopping)
    {
        if (await reader.ReadLineAsync(stopping) is not { Length: > 1 } head)
        {
            return null;
        }

        var words = new string[int.Parse(head.AsSpan(1))];
        for (var i = 0; i < words.Length; i++)
        {
            var length = int.Parse((await reader.ReadLineAsync(stopping))!.AsSpan(1));
            var buffer = new char[length + 2];
            await reader.ReadBlockAsync(buffer, stopping);
            words[i] = new string(buffer, 0, length);
        }

        return words;
    }
}
