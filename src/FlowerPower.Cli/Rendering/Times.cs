using System.Globalization;

namespace FlowerPower.Cli.Rendering;

/// <summary>Instants and lengths of time as people read them.</summary>
internal static class Times
{
    /// <summary><c>2026-03-01 14:30:00Z</c>.</summary>
    public static string At(DateTimeOffset instant) => instant.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>With how long ago it was, or in how long it will be.</summary>
    public static string At(DateTimeOffset instant, DateTimeOffset now) =>
        instant <= now ? $"{At(instant)} ({Length(now - instant)} ago)" : $"{At(instant)} (in {Length(instant - now)})";

    /// <summary>Two units at most: <c>0.12 s</c>, <c>42 s</c>, <c>5 min 3 s</c>, <c>2 h 10 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { TotalMilliseconds: < 1 } => "under 1 ms",
        { TotalSeconds: < 1 } => Invariant($"{length.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } => Invariant($"{length.TotalSeconds:0.#} s"),
        { TotalMinutes: < 1 } => Invariant($"{Math.Floor(length.TotalSeconds):0} s"),
        { TotalHours: < 1 } => Invariant($"{length.Minutes} min {length.Seconds} s"),
        { TotalDays: < 1 } => Invariant($"{length.Hours} h {length.Minutes} min"),
        _ => Invariant($"{length.Days} d {length.Hours} h"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
