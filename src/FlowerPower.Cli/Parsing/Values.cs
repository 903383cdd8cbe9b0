using System.CommandLine;
using System.Globalization;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Parsing;

/// <summary>Options whose text is a number, a length of time, an instant or an id: a bad one is refused by the option's name.</summary>
internal static class Values
{
    /// <summary>A whole number in a range.</summary>
    public static Option<int?> Whole(string name, string description, int min, int max = int.MaxValue) => Parsed<int?>(
        name,
        "N",
        description,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new FormatException(max == int.MaxValue
                ? $"must be a whole number of {min} or more, not '{text}'."
                : FormattableString.Invariant($"must be a whole number from {min:N0} to {max:N0}, not '{text}'.")));

    /// <summary>A number of zero or more.</summary>
    public static Option<double?> Number(string name, string description) => Parsed<double?>(
        name,
        "X",
        description,
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 0 && double.IsFinite(number)
            ? number
            : throw new FormatException($"must be a number of 0 or more, not '{text}'."));

    /// <summary>A length of time.</summary>
    /// <param name="mayBeZero">Whether none at all makes sense.</param>
    public static Option<TimeSpan?> Length(string name, string description, bool mayBeZero = false) => Parsed<TimeSpan?>(
        name, "LENGTH", description, text => LengthOf(text, mayBeZero));

    /// <summary>A length of time that FlowerPower takes in seconds: a plain number is seconds here.</summary>
    public static Option<TimeSpan?> Seconds(string name, string description) => Parsed<TimeSpan?>(
        name,
        "SECONDS",
        description,
        text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : LengthOf(text, mayBeZero: true));

    /// <summary>An instant.</summary>
    public static Option<DateTimeOffset?> Instant(string name, string description) => Parsed<DateTimeOffset?>(
        name, "INSTANT", description, text => Worded(() => Durations.ParseInstant(text)));

    /// <summary>An instant, or how long ago.</summary>
    public static Option<PointInTime?> Moment(string name, string description) => Parsed<PointInTime?>(
        name, "INSTANT|AGO", description, text => Worded(() => PointInTime.Parse(text)));

    /// <summary>How long something is kept.</summary>
    public static Option<TimeSpan?> Keeping(string name, string description) => Parsed<TimeSpan?>(name, "LENGTH", description, text => KeepingOf(text));

    /// <summary>The same as a required argument.</summary>
    public static Argument<TimeSpan> KeepingArgument(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            try
            {
                return KeepingOf(result.Tokens[^1].Value);
            }
            catch (FormatException error)
            {
                result.AddError($"{name} {error.Message}");
                return default;
            }
        },
    };

    /// <summary>A length of time above zero, or <c>forever</c>.</summary>
    /// <exception cref="FormatException">It is neither; the message goes on after the value's name.</exception>
    public static TimeSpan KeepingOf(string text) => text == "forever" ? TimeSpan.MaxValue : LengthOf(text, mayBeZero: false);

    /// <summary>A job's id.</summary>
    public static Option<JobId?> Id(string name, string description) => Parsed<JobId?>(name, "ID", description, text => Worded(() => JobId.Parse(text)));

    /// <summary>An option that is read by a function; what the function's exception says follows the option's name.</summary>
    private static Option<T> Parsed<T>(string name, string placeholder, string description, Func<string, T> read) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = result =>
        {
            try
            {
                return read(result.Tokens[^1].Value);
            }
            catch (FormatException error)
            {
                result.AddError($"{name} {error.Message}");
                return default;
            }
        },
    };

    /// <summary>A length of time.</summary>
    /// <exception cref="FormatException">It is none; the message goes on after the value's name.</exception>
    public static TimeSpan LengthOf(string text, bool mayBeZero)
    {
        var length = Worded(() => Durations.Parse(text));
        return length > TimeSpan.Zero || mayBeZero ? length : throw new FormatException($"must be above zero, not '{text}'.");
    }

    private static T Worded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new FormatException($"cannot be used: {error.Message}", error);
        }
    }
}
