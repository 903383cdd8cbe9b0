using FlowerPower.Cli.Parsing;
using FlowerPower.Jobs;

namespace FlowerPower.Cli.Rendering;

/// <summary>A job's error for people: its name as every command shows it, and as many lines of its message as help.</summary>
internal static class ErrorText
{
    /// <summary><c>FormatException: row 7 has no date</c>, the message's first line only.</summary>
    public static string Line(JobError error) => Lines(error, 1)[0];

    /// <summary>The name and the message, a line of it each; if there are more, the last one says how many.</summary>
    /// <param name="max">Lines of the message; 1 or more.</param>
    /// <returns>1 to <paramref name="max"/> + 1 lines, or just one if that is <paramref name="max"/>.</returns>
    public static IReadOnlyList<string> Lines(JobError error, int max)
    {
        var all = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        List<string> shown = [ResultText.Clean($"{error.Type}: {(all.Length > 0 ? all[0] : "")}"), .. all.Skip(1).Take(max - 1).Select(ResultText.Clean)];
        if (max > 1 && all.Length > max)
        {
            shown.Add($"and {Sentences.Count(all.Length - max, "more line")}");
        }

        return shown;
    }
}
