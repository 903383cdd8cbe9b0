using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FlowerPower.Jobs;

namespace FlowerPower.Node;

/// <summary>What jobs wrote, and write.</summary>
internal sealed partial class NodeJobQueue
{
    private const int MaxHeldBatches = 64; // of a slow reader; older ones are let go, and the numbers say so

    public async IAsyncEnumerable<JobLogLine> LogsAsync(
        JobId id, bool follow = false, JobLogPlace? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var place = after ?? default;
        if (!follow)
        {
            foreach (var line in (await AskEntityAsync<LogLines>(id.Value, new QueryLog(after), cancellationToken).ConfigureAwait(parts.IsSimulated)).Lines)
            {
                yield return Next(ref place, line);
            }

            yield break;
        }

        await foreach (var lines in FollowAsync(id, () => place, cancellationToken).ConfigureAwait(parts.IsSimulated))
        {
            foreach (var line in lines.Where(line => JobLogPlace.Of(line).CompareTo(place) > 0).ToList())
            {
                yield return Next(ref place, line);
            }
        }
    }

    private static JobLogLine Next(ref JobLogPlace place, JobLogLine line)
    {
        var missing = place.MissingBefore(line);
        place = JobLogPlace.Of(line);
        return line with { DroppedBefore = missing };
    }

    /// <summary>Lines as they come; some of them perhaps twice, after the job has been asked anew.</summary>
    /// <param name="place">After which lines are wanted.</param>
    private async IAsyncEnumerable<IReadOnlyList<JobLogLine>> FollowAsync(
        JobId id, Func<JobLogPlace> place, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = Channel.CreateBounded<object>(new BoundedChannelOptions(MaxHeldBatches) { FullMode = BoundedChannelFullMode.DropOldest });
        var reader = parts.System.Callback($"logs/{id}", message => told.Writer.TryWrite(message));
        using var stopping = parts.Stopped.Token.UnsafeRegister(static channel => ((Channel<object>)channel!).Writer.TryWrite(WatchLost.Instance), told);
        RequireHere(id);
        try
        {
            parts.Jobs.Tell(id.Value, new FollowLog(reader, place()), reader);
            while (true)
            {
                var message = await NextAsync(told.Reader, cancellationToken).ConfigureAwait(parts.IsSimulated);
                if (message is LogLines come)
                {
                    yield return come.Lines;
                    if (come.IsOver)
                    {
                        yield break;
                    }

                    continue;
                }

                if (parts.Stopped.IsCancellationRequested)
                {
                    throw Stopped(id);
                }

                // The shard restarts or moves, or has said nothing for long: the job is asked anew, from where this reader is.
                parts.Jobs.Tell(id.Value, new UnfollowLog(reader));
                if (message is not null)
                {
                    await Task.Delay(RepeatAfter, parts.Options.Time, cancellationToken).ConfigureAwait(parts.IsSimulated);
                }

                RequireHere(id);
                parts.Jobs.Tell(id.Value, new FollowLog(reader, place()), reader);
            }
        }
        finally
        {
            parts.Jobs.Tell(id.Value, new UnfollowLog(reader));
        }
    }
}
