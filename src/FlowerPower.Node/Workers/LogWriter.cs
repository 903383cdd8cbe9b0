using System.Text;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>
/// Numbers an attempt's lines and passes them on in batches, within what a job and a node may write. What goes beyond that is dropped here, where it costs
/// only the job that writes it; the numbers say so. The newest lines are kept in any case, for the attempt's end.
/// </summary>
/// <param name="send">Called under a lock, so that two batches cannot overtake each other; must be quick.</param>
/// <param name="ofNode">What all jobs of the node may write together.</param>
internal sealed class LogWriter(int attempt, Action<IReadOnlyList<JobLogLine>> send, LogBudget ofNode, TimeProvider time)
{
    /// <summary>What one job may write in a second, in bytes.</summary>
    public const int BytesPerSecond = 64 * 1024;

    /// <summary>What all jobs of a node may write together in a second, in bytes.</summary>
    public const int BytesPerSecondOfNode = 4 * 1024 * 1024;

    /// <summary>How long lines gather into a batch.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private const int LineCosts = 64; // number, instant and frame, of a line without text too

    private readonly Lock gate = new();
    private readonly LogBudget ofJob = new(BytesPerSecond, time);
    private readonly Queue<JobLogLine> newest = new();
    private List<JobLogLine> gathered = [];
    private ITimer? timer;
    private long number;
    private bool closed;

    /// <summary>The newest lines, for the attempt's end; <see langword="null"/> if there was none.</summary>
    public IReadOnlyList<JobLogLine>? Newest
    {
        get
        {
            lock (gate)
            {
                return newest.Count == 0 ? null : JobLog.None.With(newest).Lines;
            }
        }
    }

    /// <summary>Takes in a line, or several. After the close nothing is taken in.</summary>
    public void Write(string text)
    {
        var rest = text.AsSpan();
        do
        {
            var end = rest.IndexOf('\n');
            Take(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        while (!rest.IsEmpty);
    }

    /// <summary>The attempt has ended: what has gathered is sent.</summary>
    public void Close()
    {
        lock (gate)
        {
            Send();
            closed = true;
        }
    }

    private void Take(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd('\r');
        var cut = text.Length > JobLogLine.MaxTextLength ? text[..(JobLogLine.MaxTextLength + 1)] : text; // one more, so that it shows that it was cut
        var kept = cut.ToString();
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            var line = new JobLogLine(attempt, ++number, time.GetUtcNow(), kept);
            newest.Enqueue(line);
            if (newest.Count > JobLog.MaxLines)
            {
                newest.Dequeue();
            }

            var bytes = LineCosts + Encoding.UTF8.GetByteCount(line.Text);
            if (ofJob.TryTake(bytes) && ofNode.TryTake(bytes))
            {
                gathered.Add(line);
                timer ??= time.CreateTimer(_ => SendGathered(), null, Every, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void SendGathered()
    {
        lock (gate)
        {
            Send();
        }
    }

    private void Send()
    {
        timer?.Dispose();
        timer = null;
        if (gathered.Count > 0)
        {
            send(gathered);
            gathered = [];
        }
    }
}
