using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace FlowerPower.Storage;

/// <summary>A few small questions to one server on a connection of their own, without the client library, which knows no sentinels.</summary>
internal sealed class RespConversation : IDisposable
{
    private const int LongestAnswer = 4_096;

    private readonly TcpClient client;
    private readonly Stream stream;

    private RespConversation(TcpClient client, Stream stream)
    {
        this.client = client;
        this.stream = stream;
    }

    public static async Task<RespConversation> OpenAsync(DnsEndPoint server, bool usesTls, CancellationToken cancellationToken)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(server.Host, server.Port, cancellationToken).ConfigureAwait(false);
            Stream stream = client.GetStream();
            if (usesTls)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.Host }, cancellationToken).ConfigureAwait(false);
            }

            return new RespConversation(client, stream);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Ask, and wait for the answer.</summary>
    /// <returns>The words of an array, the one word of a line, or <see langword="null"/> for nil.</returns>
    /// <exception cref="RespRefusalException">The server answers with an error.</exception>
    /// <exception cref="IOException">The connection is gone, or the answer is none of these.</exception>
    public async Task<string[]?> AskAsync(string[] words, CancellationToken cancellationToken)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words)
        {
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken).ConfigureAwait(false);
        var line = await LineAsync(cancellationToken).ConfigureAwait(false);
        switch (line[0])
        {
            case '+' or ':':
                return [line[1..]];
            case '-':
                throw new RespRefusalException(line[1..]);
            case '$':
                return await WordAsync(line, cancellationToken).ConfigureAwait(false) is { } word ? [word] : null;
            case '*' when Length(line) is var count and >= 0:
                var answer = new string[count];
                for (var i = 0; i < count; i++)
                {
                    answer[i] = await WordAsync(await LineAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false) ?? "";
                }

                return answer;
            default:
                return null;
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        client.Dispose();
    }

    private async Task<string?> WordAsync(string head, CancellationToken cancellationToken)
    {
        if (Length(head) is not (var length and >= 0))
        {
            return null;
        }

        var bytes = new byte[length + 2];
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (line.Count < 2 || line[^2] != '\r' || line[^1] != '\n')
        {
            await stream.ReadExactlyAsync(one, cancellationToken).ConfigureAwait(false);
            line.Add(one[0]);
            if (line.Count > LongestAnswer)
            {
                throw new IOException("the answer is not Redis'");
            }
        }

        return line.Count > 2 ? Encoding.UTF8.GetString([.. line], 0, line.Count - 2) : throw new IOException("the answer is empty");
    }

    private static int Length(string head) =>
        int.TryParse(head.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var length) && length <= LongestAnswer
            ? length
            : throw new IOException("the answer is not Redis'");
}

/// <summary>A server's answer that begins with a minus.</summary>
internal sealed class RespRefusalException(string message) : Exception(message);
