namespace FlowerPower.Node;

/// <summary>The job's shard is held by another node, or is on its way there: ask again, with the same ids, where it is then.</summary>
internal sealed class ShardElsewhereException(string message) : Exception(message)
{
    /// <param name="shard">From 0.</param>
    public static ShardElsewhereException Of(int shard) => new($"Shard {shard} is not on this node.");
}
