using System.Collections.Immutable;
using System.Text;

namespace FlowerPower.Jobs;

/// <summary>The newest lines that a job wrote, as they are kept with it: at most <see cref="MaxLines"/>, with at most <see cref="MaxBytes"/>.</summary>
/// <param name="Lines">Oldest first, in the order of their places, none twice.</param>
public sealed record JobLog(ImmutableArray<JobLogLine> Lines)
{
    /// <summary>The greatest number of lines.</summary>
    public const int MaxLines = 50;

    /// <summary>The greatest length of all texts together, in bytes of UTF-8; the newest line is kept even so.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>No line.</summary>
    public static JobLog None { get; } = new(ImmutableArray<JobLogLine>.Empty);

    /// <summary>The newest of these and of what was kept before.</summary>
    /// <param name="lines">In any order; a line that is there already is not taken twice.</param>
    public JobLog With(IEnumerable<JobLogLine> lines)
    {
        var all = Lines.Concat(lines).DistinctBy(JobLogPlace.Of).OrderBy(JobLogPlace.Of).ToList();
        var (first, bytes) = (all.Count, 0);
        while (first > 0 && all.Count - first < MaxLines
            && ((bytes += Encoding.UTF8.GetByteCount(all[first - 1].Text)) <= MaxBytes || first == all.Count))
        {
            first--;
        }

        return new JobLog([.. all.Skip(first)]);
    }

    /// <inheritdoc/>
    public bool Equals(JobLog? other) => other is not null && Lines.AsSpan().SequenceEqual(other.Lines.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Lines.Length;
}
