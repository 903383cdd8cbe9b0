namespace FlowerPower.Jobs;

/// <summary>A job that has changed, as it is since.</summary>
/// <param name="Job">Without history and result, as in a list.</param>
/// <param name="SkippedBefore">Changes before this one that the reader was too slow for, and that it does not get; 0 or more.</param>
public sealed record JobChange(JobView Job, long SkippedBefore = 0);
