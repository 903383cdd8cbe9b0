using FlowerPower.Jobs;

namespace FlowerPower.Cli.Parsing;

/// <summary>An instant as people say it: itself, or how long ago.</summary>
internal readonly record struct PointInTime(DateTimeOffset? Instant, TimeSpan Ago)
{
    /// <summary>The instant that is meant.</summary>
    public DateTimeOffset At(DateTimeOffset now) => Instant ?? (Ago < now - DateTimeOffset.MinValue ? now - Ago : DateTimeOffset.MinValue);

    /// <summary>Reads either.</summary>
    /// <exception cref="FormatException">It is neither; the message says what would be.</exception>
    public static PointInTime Parse(string text)
    {
        if (Durations.TryParse(text, out var ago))
        {
            return new PointInTime(null, ago);
        }

        try
        {
            return new PointInTime(Durations.ParseInstant(text), TimeSpan.Zero);
        }
        catch (FormatException error)
        {
            throw new FormatException($"{error.Message} Or say how long ago: 2h, 3d.", error);
        }
    }
}
