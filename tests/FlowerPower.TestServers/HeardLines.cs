using System.Diagnostics;
using System.Threading.Channels;

namespace FlowerPower.TestServers;

/// <summary>The lines that a process says on both of its streams, as they come.</summary>
public sealed class HeardLines
{
    private const int Streams = 2;

    private readonly Channel<string> next = Channel.CreateUnbounded<string>();
    private readonly List<string> heard = [];
    private int ended;

    private HeardLines()
    {
    }

    /// <summary>Everything said so far.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (heard)
            {
                return [.. heard];
            }
        }
    }

    /// <summary>Begins to listen to a process that was started with both streams redirected.</summary>
    /// <param name="outPrefix">Put before what it says on standard output.</param>
    /// <param name="errorPrefix">Put before what it says on standard error.</param>
    public static HeardLines Of(Process process, string outPrefix = "", string errorPrefix = "")
    {
        var lines = new HeardLines();
        process.OutputDataReceived += (_, e) => lines.Hear(outPrefix, e.Data);
        process.ErrorDataReceived += (_, e) => lines.Hear(errorPrefix, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return lines;
    }

    /// <summary>The next line that holds these words; each line is looked at once.</summary>
    /// <param name="who">Begins the sentence if it never comes.</param>
    /// <exception cref="TimeoutException">It was not said in time, or both streams have ended; the message has what was said instead.</exception>
    public async Task<string> NextAsync(string words, TimeSpan patience, string who)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            while (await next.Reader.WaitToReadAsync(limit.Token))
            {
                while (next.Reader.TryRead(out var line))
                {
                    if (line.Contains(words, StringComparison.Ordinal))
                    {
                        return line;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The exception below says what it said instead.
        }

        throw new TimeoutException($"{who} never said '{words}', but:\n{string.Join('\n', All)}");
    }

    private void Hear(string prefix, string? line)
    {
        if (line is not null)
        {
            lock (heard)
            {
                heard.Add(prefix + line);
            }

            next.Writer.TryWrite(prefix + line);
        }
        else if (Interlocked.Increment(ref ended) == Streams)
        {
            next.Writer.TryComplete(); // and so has the process
        }
    }
}
