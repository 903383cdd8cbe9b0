using FlowerPower.Storage;

namespace FlowerPower.Node.Jobs;

/// <summary>How much of a log's length events are: a job that saves a megabyte again and again must not fill the store before the log is cut.</summary>
internal static class LogWeight
{
    private const int BytesOfOne = 4 * 1024;

    /// <returns>One for each, and one more for each full 4 KiB of it.</returns>
    public static int Of(IReadOnlyList<EventFrame> events)
    {
        var weight = events.Count;
        for (var i = 0; i < events.Count; i++)
        {
            weight += events[i].Payload.Length / BytesOfOne;
        }

        return weight;
    }
}
