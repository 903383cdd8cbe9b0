using System.Text;

namespace FlowerPower.Pipelines;

/// <summary>How C# names become node names, and which names are near a mistyped one.</summary>
internal static class NodeNames
{
    private const int MostSuggestions = 3;

    /// <summary><c>MonthlyNormals</c> → <c>monthly_normals</c>, <c>ParseHTML</c> → <c>parse_html</c>; snake_case stays.</summary>
    public static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var letter = name[i];
            if (char.IsUpper(letter) && i > 0 && name[i - 1] != '_')
            {
                var startsWord = !char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]));
                if (startsWord)
                {
                    snake.Append('_');
                }
            }

            snake.Append(char.ToLowerInvariant(letter));
        }

        return snake.ToString();
    }

    /// <summary>A method's name without what tells its variants apart: <c>Rates__Eu</c> → <c>Rates</c>.</summary>
    public static string WithoutVariant(string method)
    {
        var cut = method.IndexOf("__", 1, StringComparison.Ordinal);
        return cut > 0 ? method[..cut] : method;
    }

    /// <summary>Can it name a node?</summary>
    public static bool IsValid(string name) =>
        name.Length > 0 && char.IsLetter(name[0]) && name.All(letter => char.IsLetterOrDigit(letter) || letter == '_');

    /// <summary>The candidates within a third of the name's length of edits, nearest first, at most three.</summary>
    public static IReadOnlyList<string> Nearest(string name, IEnumerable<string> candidates)
    {
        var wanted = Snake(name);
        var reach = Math.Max(1, wanted.Length / 3);
        return candidates
            .Distinct()
            .Select(candidate => (candidate, distance: Distance(wanted, candidate)))
            .Where(pair => pair.distance <= reach)
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(MostSuggestions)
            .Select(pair => pair.candidate)
            .ToList();
    }

    /// <summary>" Did you mean 'x' or 'y'?", with its leading space; empty if nothing is near.</summary>
    public static string DidYouMean(string name, IEnumerable<string> candidates)
    {
        var near = Nearest(name, candidates);
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two names.</summary>
    private static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= right.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var same = left[i - 1] == right[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                }

                rows[i, j] = best;
            }
        }

        return rows[left.Length, right.Length];
    }
}
