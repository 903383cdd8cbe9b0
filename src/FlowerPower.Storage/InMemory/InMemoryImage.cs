namespace FlowerPower.Storage;

/// <summary>What an <see cref="InMemoryShardStore"/> held at one moment; it never changes.</summary>
public sealed class InMemoryImage
{
    internal InMemoryImage(InMemoryShard[] shards) => Shards = shards;

    internal InMemoryShard[] Shards { get; }
}
