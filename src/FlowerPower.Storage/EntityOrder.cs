namespace FlowerPower.Storage;

/// <summary>The order of entity ids: that of their UTF-8 bytes, which is what databases compare.</summary>
/// <remarks>It differs from <see cref="StringComparer.Ordinal"/> only where a surrogate pair meets U+E000 to U+FFFF.</remarks>
internal sealed class EntityOrder : IComparer<string>
{
    public static readonly EntityOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var common = x.AsSpan().CommonPrefixLength(y);
        return common == x.Length || common == y.Length
            ? x.Length - y.Length
            : Weight(x[common]) - Weight(y[common]);
    }

    // A surrogate stands for a code point above U+FFFF, so it sorts after every other unit.
    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
