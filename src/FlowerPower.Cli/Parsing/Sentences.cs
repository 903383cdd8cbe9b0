namespace FlowerPower.Cli.Parsing;

/// <summary>Small parts of sentences.</summary>
internal static class Sentences
{
    /// <summary><c>a, b or c</c>.</summary>
    public static string Or(IReadOnlyList<string> words) => List(words, "or");

    /// <summary><c>a, b and c</c>.</summary>
    public static string And(IReadOnlyList<string> words) => List(words, "and");

    /// <summary><c>1 job</c>, <c>2 jobs</c>.</summary>
    public static string Count(long count, string one, string? many = null) =>
        FormattableString.Invariant($"{count:N0} ") + (count == 1 ? one : many ?? one + "s");

    /// <summary>The candidates that are most like a word, best first; at most 2, and none that is not alike at all.</summary>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<string> candidates) =>
    [
        .. from candidate in candidates
           let distance = Distance(word, candidate)
           where distance <= Math.Max(1, Math.Min(word.Length, candidate.Length) / 3)
           orderby distance, candidate
           select candidate,
    ];

    private static string List(IReadOnlyList<string> words, string last) => words.Count switch
    {
        0 => "nothing",
        1 => words[0],
        _ => $"{string.Join(", ", words.Take(words.Count - 1))} {last} {words[^1]}",
    };

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours that make one word of the other.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(
                        Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1),
                        rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)),
                };
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
