using System.Diagnostics.CodeAnalysis;

namespace FlowerPower.Jobs;

/// <summary>The name of one job: chosen by the caller, or made by <see cref="FromRandom"/>.</summary>
/// <remarks>
/// 1 to <see cref="MaxLength"/> of the characters <c>A-Z a-z 0-9 . _ -</c>, the first of them no dot and no dash. Braces, colons and
/// slashes are left out because an id becomes part of store keys and file names, where <c>..</c> must not lead elsewhere; and of command
/// lines, where a leading dash would be an option.
/// </remarks>
public readonly record struct JobId : IComparable<JobId>
{
    /// <summary>The greatest number of characters in an id.</summary>
    public const int MaxLength = 128;

    private const string Base32 = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's alphabet: no i, l, o, u

    private readonly string? value;

    private JobId(string value) => this.value = value;

    /// <summary>The id's text; empty only for <c>default(JobId)</c>, which no job has.</summary>
    public string Value => value ?? "";

    /// <summary>Reads an id.</summary>
    /// <exception cref="FormatException">The text is not an id; the message says what an id may hold.</exception>
    public static JobId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException(
                $"'{Shorten(text)}' is not a job id: an id has 1 to {MaxLength} of the characters A-Z a-z 0-9 . _ and -, "
                + "and does not begin with . or -.");

    /// <summary>Reads an id; <see langword="false"/> if the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out JobId id)
    {
        if (text is { Length: > 0 and <= MaxLength } && text[0] is not ('.' or '-')
            && text.AsSpan().IndexOfAnyExcept(AllowedCharacters) < 0)
        {
            id = new JobId(text);
            return true;
        }

        id = default;
        return false;
    }

    /// <summary>An id that sorts by its instant: 10 characters of Unix milliseconds and 16 of chance, in Crockford's base 32.</summary>
    /// <param name="now">The instant that the id begins with; 1970 or later.</param>
    /// <param name="chance">Exactly 10 uniformly random bytes.</param>
    /// <remarks>The layout is that of ULID (https://github.com/ulid/spec), in lower case.</remarks>
    public static JobId FromRandom(DateTimeOffset now, ReadOnlySpan<byte> chance)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(chance.Length, 10);
        Span<char> text = stackalloc char[26];
        var milliseconds = now.ToUnixTimeMilliseconds();
        ArgumentOutOfRangeException.ThrowIfNegative(milliseconds, nameof(now));
        for (var i = 9; i >= 0; i--)
        {
            text[i] = Base32[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        for (var block = 0; block < 2; block++)
        {
            ulong bits = 0;
            foreach (var b in chance.Slice(block * 5, 5))
            {
                bits = (bits << 8) | b;
            }

            for (var i = 7; i >= 0; i--)
            {
                text[10 + (block * 8) + i] = Base32[(int)(bits & 31)];
                bits >>= 5;
            }
        }

        return new JobId(new string(text));
    }

    /// <summary>A new id of a job with a unique key: all of them are in the key's shard.</summary>
    /// <param name="key">Any text.</param>
    /// <inheritdoc cref="FromRandom"/>
    public static JobId ForKey(string key, DateTimeOffset now, ReadOnlySpan<byte> chance) =>
        new(BeginningFor(key) + FromRandom(now, chance));

    /// <summary>Is it an id that <see cref="ForKey"/> makes for this key?</summary>
    public bool IsFor(string key) => Value.StartsWith(BeginningFor(key), StringComparison.Ordinal);

    private static string BeginningFor(string key) => FormattableString.Invariant($"k{ShardKey.Fnv1a(key):x16}{ShardKey.Tie}");

    /// <summary>Ordinal order of the text.</summary>
    public int CompareTo(JobId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static readonly System.Buffers.SearchValues<char> AllowedCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static string Shorten(string? text) => text is null ? "" : text.Length <= 40 ? text : text[..40] + "…";
}
