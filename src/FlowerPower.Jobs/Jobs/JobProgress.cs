namespace FlowerPower.Jobs;

/// <summary>How far a running attempt is.</summary>
/// <param name="NodesDone">Pipeline nodes computed; 0 to <paramref name="NodesTotal"/>.</param>
/// <param name="NodesTotal">Pipeline nodes to compute; 0 if not known yet.</param>
/// <param name="CurrentNode">A node that is being computed; <see langword="null"/> between nodes.</param>
public sealed record JobProgress(int NodesDone, int NodesTotal, string? CurrentNode)
{
    /// <summary>The greatest number of characters in <see cref="Text"/>; longer ones are cut.</summary>
    public const int MaxTextLength = 200;

    /// <summary>How far the attempt says that it is, 0 to 1; <see langword="null"/> if it has not said.</summary>
    public double? Fraction { get; init; }

    /// <summary>What the attempt says that it is doing; <see langword="null"/> if it has not said.</summary>
    public string? Text
    {
        get;
        init => field = value is null ? null : ShortText.Cut(value, MaxTextLength);
    }
}
