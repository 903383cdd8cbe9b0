using FlowerPower.Jobs;

namespace FlowerPower.Client;

/// <summary>What came of a command to all jobs that match a filter.</summary>
/// <param name="Matched">Jobs that matched; 0 or more.</param>
/// <param name="Done">Those for which it was carried out; none if they were only counted.</param>
/// <param name="Refused">How many refused it, by reason: jobs that changed after they were found. May be empty.</param>
public sealed record ManyReply(long Matched, long Done, IReadOnlyDictionary<Refusal, long> Refused)
{
    /// <summary>What of a cluster could not be asked, as <see cref="JobPage.Missing"/> says it: jobs there were not found. <see langword="null"/>: none.</summary>
    public IReadOnlyList<string>? Missing { get; init; }
}
