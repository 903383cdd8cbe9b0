using System.Text.RegularExpressions;

namespace FlowerPower.Jobs.Tests;

/// <summary>What <c>docs/job-lifecycle.md</c> draws and lists is what the rules do.</summary>
public sealed partial class LifecycleDocumentTests
{
    private static readonly string Document = File.ReadAllText(FindDocument());

    [Fact]
    public void The_diagram_shows_every_transition_that_the_rules_decide_and_no_other()
    {
        var decided = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (state, decision, _) in Drive())
        {
            decided.UnionWith(decision.Events.Where(IsDrawn).Select(e => Arrow(state, e, JobLifecycle.Evolve(state, e))));
        }

        Assert.Equal(decided, DrawnArrows());
    }

    [Fact]
    public void The_diagram_shows_every_transition_that_a_log_may_hold_and_no_other()
    {
        var accepted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var state in LifecycleSamples.States)
        {
            foreach (var e in LifecycleSamples.Events().Where(IsDrawn))
            {
                try
                {
                    accepted.Add(Arrow(state, e, JobLifecycle.Evolve(state, e)));
                }
                catch (InvalidOperationException)
                {
                    // It cannot follow: no arrow.
                }
            }
        }

        Assert.Equal(DrawnArrows(), accepted);
    }

    [Fact]
    public void A_waiting_job_changes_its_status_by_the_clock_as_the_diagram_says()
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var state in LifecycleSamples.States.OfType<JobState.Waiting>().Where(state => !state.IsDueAtOnce))
        {
            var before = state.StatusAt(state.DueAt - TimeSpan.FromTicks(1));
            seen.Add($"{LifecycleSamples.NameOf(before)} --> {LifecycleSamples.NameOf(state.StatusAt(state.DueAt))}: due");
        }

        var drawn = ArrowPattern().Matches(Diagram()).Select(m => m.Value.Trim()).Where(arrow => arrow.EndsWith(": due", StringComparison.Ordinal));
        Assert.Equal(seen, new SortedSet<string>(drawn, StringComparer.Ordinal));
    }

    [Fact]
    public void The_table_says_what_comes_of_each_command_in_each_state()
    {
        var expected = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var (state, decision, command) in Drive())
        {
            var outcome = decision.Refusal is { } refusal ? $"*{refusal}*" : decision.Events is [.., var e] ? e.GetType().Name : "–";
            var cell = $"{command.GetType().Name} in {LifecycleSamples.NameOf(state).Replace("[*]", "absent", StringComparison.Ordinal)}";
            (expected.TryGetValue(cell, out var set) ? set : expected[cell] = new(StringComparer.Ordinal)).Add(outcome);
        }

        Assert.Equal(Print(expected), Print(TableCells()));
    }

    [Fact]
    public void The_refusals_are_listed_in_order_of_precedence()
    {
        var listed = RefusalPattern().Matches(Document).Select(m => m.Groups[1].Value);

        Assert.Equal(Enum.GetValues<Refusal>().Select(r => r.ToString()), listed);
    }

    [Fact]
    public void Each_status_is_explained()
    {
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            Assert.Contains($"| `{LifecycleSamples.NameOf(status)}` |", Document, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_samples_hold_every_command_and_every_event()
    {
        Assert.Equal(Nested(typeof(JobCommand)), Names(LifecycleSamples.Commands));
        Assert.Equal(Nested(typeof(JobEvent)), Names(LifecycleSamples.Events()));
        Assert.Equal(Nested(typeof(JobState)), Names(LifecycleSamples.States));

        static SortedSet<string> Nested(Type family) =>
            new(family.GetNestedTypes().Where(t => t.IsSubclassOf(family)).Select(t => t.Name), StringComparer.Ordinal);
        static SortedSet<string> Names(IEnumerable<object> samples) => new(samples.Select(s => s.GetType().Name), StringComparer.Ordinal);
    }

    private static IEnumerable<(JobState State, Decision Decision, JobCommand Command)> Drive() =>
        from state in LifecycleSamples.States
        from command in LifecycleSamples.Commands
        from now in LifecycleSamples.Instants
        select (state, JobLifecycle.Decide(state, command, now, jitter: 0), command);

    /// <summary>What only concerns a job's ties to others leaves it where it is, whichever state that is.</summary>
    private static bool IsDrawn(JobEvent e) => e is not (JobEvent.DependentAdded or JobEvent.NotesDelivered or JobEvent.KeyReleased);

    private static string Arrow(JobState from, JobEvent e, JobState to) =>
        $"{LifecycleSamples.NameOf(from)} --> {LifecycleSamples.NameOf(to)}: {e.GetType().Name}";

    private static SortedSet<string> DrawnArrows() => new(
        ArrowPattern().Matches(Diagram()).Select(m => m.Value.Trim()).Where(arrow => !arrow.EndsWith(": due", StringComparison.Ordinal)),
        StringComparer.Ordinal);

    private static string Diagram()
    {
        var block = Regex.Match(Document, "```mermaid\n(stateDiagram-v2\n.*?)```", RegexOptions.Singleline);
        Assert.True(block.Success, "docs/job-lifecycle.md has no Mermaid block that begins with stateDiagram-v2.");
        return block.Groups[1].Value;
    }

    private static SortedDictionary<string, SortedSet<string>> TableCells()
    {
        var rows = Document.Split('\n').SkipWhile(line => !line.StartsWith("| Command |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|')).Select(Cells).ToList();
        var table = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var row in rows.Skip(2))
        {
            for (var column = 1; column < row.Length; column++)
            {
                table[$"{row[0].Trim('`')} in {rows[0][column]}"] = new(row[column].Split(", "), StringComparer.Ordinal);
            }
        }

        return table;

        static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];
    }

    private static IEnumerable<string> Print(SortedDictionary<string, SortedSet<string>> table) =>
        table.Select(cell => $"{cell.Key}: {string.Join(", ", cell.Value)}");

    private static string FindDocument()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlowerPower.Actors.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? ".", "docs", "job-lifecycle.md");
    }

    [GeneratedRegex(@"^ *\S+ --> \S+: \w+$", RegexOptions.Multiline)]
    private static partial Regex ArrowPattern();

    [GeneratedRegex(@"^\d\. `(\w+)`:", RegexOptions.Multiline)]
    private static partial Regex RefusalPattern();
}
