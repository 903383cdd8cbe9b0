using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowerPower.TestServers;

/// <summary>Plays a server of another version: it greets as Redis does and answers INFO with what the test wants.</summary>
public sealed class OneAnswerServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly string info;

    private OneAnswerServer(string info)
    {
        this.info = info;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <param name="info">The answer to INFO.</param>
    public static OneAnswerServer Start(string info) => new(info);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            try
            {
                while (await ReadCommandAsync(reader) is { } words)
                {
                    var answer = words[0].ToUpperInvariant() switch
                    {
                        "INFO" => $"${info.Length}\r\n{info}\r\n",
                        "PING" => "+PONG\r\n",
                        "ECHO" => $"${words[1].Length}\r\n{words[1]}\r\n",
                        "CLIENT" => "+OK\r\n",
                        _ => "-ERR unknown command\r\n",
                    };
                    await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer), stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone.
            }
        }
    }

    private async Task<string[]?> ReadCommandAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync(stop.Token) is not { Length: > 1 } head)
        {
            return null;
        }

        var words = new string[int.Parse(head.AsSpan(1))];
        for (var i = 0; i < words.Length; i++)
        {
            var length = int.Parse((await reader.ReadLineAsync(stop.Token))!.AsSpan(1));
            var buffer = new char[length + 2];
            await reader.ReadBlockAsync(buffer, stop.Token);
            words[i] = new string(buffer, 0, length);
        }

        return words;
    }
}
