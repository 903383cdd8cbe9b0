namespace FlowerPower.Jobs;

/// <summary>One wish of a caller, however often it is sent because an answer was lost.</summary>
/// <param name="Value">By chance; unique among the requests that ever reach one job, which 63 bits of it are.</param>
public readonly record struct RequestId(long Value);
