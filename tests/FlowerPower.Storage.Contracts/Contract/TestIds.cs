namespace FlowerPower.Storage.Contracts;

/// <summary>Claims and tokens that differ from each other and repeat from run to run.</summary>
internal static class TestIds
{
    private static int last;

    public static ClaimId NextClaim() => new(Next(1));

    public static BatchToken NextToken() => new(Next(2));

    private static Guid Next(short kind) => new(Interlocked.Increment(ref last), kind, 0, new byte[8]);
}
