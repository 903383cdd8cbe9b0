namespace FlowerPower.Jobs;

/// <summary>A job that another one waits for: its parent.</summary>
/// <param name="Job">The parent's id.</param>
/// <param name="AllowFailure">
/// <see langword="true"/>: whichever way the parent ends, it is waited for no longer. <see langword="false"/>: if it does not complete, its dependent ends as well.
/// </param>
public sealed record JobDependency(JobId Job, bool AllowFailure = false)
{
    /// <summary>
    /// What of the parent becomes an input of this job, by the input's name: the name of a node of the parent's result, or one of <see cref="IdValue"/>,
    /// <see cref="StatusValue"/>, <see cref="ErrorValue"/> and <see cref="ResultValue"/>. May be empty.
    /// </summary>
    /// <remarks>
    /// A value that there is not, such as the result of a parent that failed, is given as null. What the parent's result does not have fails the attempt for good.
    /// </remarks>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = NoInputs;

    /// <summary>As a value of <see cref="Inputs"/>: the parent's id.</summary>
    public const string IdValue = "@id";

    /// <summary>As a value of <see cref="Inputs"/>: how the parent ended, in lower case.</summary>
    public const string StatusValue = "@status";

    /// <summary>As a value of <see cref="Inputs"/>: the message of the parent's error.</summary>
    public const string ErrorValue = "@error";

    /// <summary>As a value of <see cref="Inputs"/>: the parent's whole result, by node name.</summary>
    public const string ResultValue = "@result";

    private static readonly IReadOnlyDictionary<string, string> NoInputs =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public bool Equals(JobDependency? other) =>
        other is not null && Job == other.Job && AllowFailure == other.AllowFailure && Inputs.Count == other.Inputs.Count
        && Inputs.All(input => other.Inputs.TryGetValue(input.Key, out var value) && value == input.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Job.GetHashCode();
}
