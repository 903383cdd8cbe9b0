namespace FlowerPower.Jobs;

/// <summary>How far a running attempt is.</summary>
/// <param name="NodesDone">Pipeline nodes computed; 0 to <paramref name="NodesTotal"/>.</param>
/// <param name="NodesTotal">Pipeline nodes to compute; 0 if not known yet.</param>
/// <param name="CurrentNode">A node that is being computed; <see langword="null"/> between nodes.</param>
public sealed record JobProgress(int NodesDone, int NodesTotal, string? CurrentNode);
