using System.CommandLine;
using System.Text.RegularExpressions;

namespace FlowerPower.Cli.Parsing;

/// <summary>
/// What the reader may type next, to copy: it means the same project and the same store as the command line at hand, whose options for both it repeats as
/// they were given. A password is not repeated: <c>PASSWORD</c> stands in its place.
/// </summary>
internal sealed partial class NextCommands(ParseResult parse, CommonOptions common)
{
    private readonly string place = string.Concat(
        new Option[] { common.Project, common.Redis }.Concat(common.Cluster.All)
            .Where(option => parse.GetResult(option) is { Implicit: false })
            .Select(option => option is Option<string?> text ? $" {option.Name} {Quoted(WithoutPassword(parse.GetValue(text)))}" : $" {option.Name}"));

    /// <summary>A whole command line.</summary>
    /// <param name="words">The command below <c>queue</c> with its arguments, such as <c>worker start</c>.</param>
    public string Queue(string words) => $"flowerpower queue {words}{place}";

    private static string WithoutPassword(string? value) => Password().Replace(value ?? "", "$1:PASSWORD@");

    /// <summary>For a POSIX shell.</summary>
    private static string Quoted(string value) => Plain().IsMatch(value) ? value : $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex("^(rediss?://).*:.*@", RegexOptions.IgnoreCase)]
    private static partial Regex Password();

    [GeneratedRegex("^[A-Za-z0-9_@%+=:,./-]+$")]
    private static partial Regex Plain();
}
