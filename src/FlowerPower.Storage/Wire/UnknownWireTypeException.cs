namespace FlowerPower.Storage.Wire;

/// <summary>
/// Stored or sent bytes say that they are of a type that this version does not know: most likely a newer version wrote them.
/// </summary>
/// <param name="type">The type's stable name, as found.</param>
public sealed class UnknownWireTypeException(string type) : StoreException(
    $"This version does not know the stored type '{(type.Length <= MaxShown ? type : type[..MaxShown] + "…")}'. "
    + "A newer version wrote it: update this node before it takes the shard.", inner: null)
{
    private const int MaxShown = 80;

    /// <summary>The type's stable name, as found.</summary>
    public string Type { get; } = type;
}
