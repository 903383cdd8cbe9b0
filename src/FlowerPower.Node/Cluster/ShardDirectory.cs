using FlowerPower.Actors;
using FlowerPower.Storage;

namespace FlowerPower.Node.Cluster;

/// <summary>
/// Where each shard is, as well as can be known: who says that it serves it, else whom it belongs to. What it says may be out of date, and
/// does no harm then: the node that was asked says that it has not the shard, and the fence keeps what it holds.
/// </summary>
/// <param name="shardCount">1 or more.</param>
internal sealed class ShardDirectory(int shardCount)
{
    private readonly Lock gate = new();
    private readonly string?[] served = new string?[shardCount];
    private readonly HashSet<string> living = [];
    private string?[] placed = new string?[shardCount];
    private TaskCompletionSource changed = NewPromise();

    /// <summary>Whom each shard belongs to, by the members that are up; <see langword="null"/>: nobody who serves is up.</summary>
    public IReadOnlyList<string?> Placed => Volatile.Read(ref placed);

    /// <summary>Done when something has changed since this was read.</summary>
    public Task Changed
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

    /// <summary>Who has the shard; <see langword="null"/>: nobody that is known.</summary>
    public string? OwnerOf(int shard)
    {
        lock (gate)
        {
            return served[shard] is { } node && living.Contains(node) ? node : placed[shard];
        }
    }

    /// <summary>Who says that it serves the shard, and lives; <see langword="null"/>: nobody that is known.</summary>
    public string? ServedBy(int shard)
    {
        lock (gate)
        {
            return served[shard] is { } node && living.Contains(node) ? node : null;
        }
    }

    /// <summary>The owner of each shard.</summary>
    public IReadOnlyList<string?> Owners() => [.. Enumerable.Range(0, shardCount).Select(OwnerOf)];

    /// <summary>Take in who is there.</summary>
    public void Apply(IReadOnlyList<ClusterMapMember> members)
    {
        lock (gate)
        {
            living.Clear();
            foreach (var member in members.Where(m => m.Status != MemberStatus.Dead))
            {
                living.Add(member.Info.Incarnation);
            }

            var candidates = members
                .Where(m => m.Status == MemberStatus.Up && m.Info.Roles.HasFlag(MemberRoles.Queue))
                .Select(m => (m.Info.Incarnation, m.Info.Weight))
                .ToList();
            Volatile.Write(ref placed, candidates.Count == 0 ? new string?[shardCount] : ShardPlacement.OwnersOf(shardCount, candidates));
            Announce();
        }
    }

    /// <summary>A node says which shards it serves: these, and no others.</summary>
    public void Serves(string node, IReadOnlyCollection<int> shards)
    {
        lock (gate)
        {
            for (var shard = 0; shard < shardCount; shard++)
            {
                if (shards.Contains(shard))
                {
                    served[shard] = node;
                }
                else if (served[shard] == node)
                {
                    served[shard] = null;
                }
            }

            Announce();
        }
    }

    /// <summary>Take over what another node's map says.</summary>
    public void Serves(IReadOnlyList<string?> owners)
    {
        lock (gate)
        {
            for (var shard = 0; shard < shardCount && shard < owners.Count; shard++)
            {
                served[shard] = owners[shard];
            }

            Announce();
        }
    }

    /// <summary>The node does not have the shard.</summary>
    public void Doubt(int shard, string node)
    {
        lock (gate)
        {
            if (served[shard] == node)
            {
                served[shard] = null;
                Announce();
            }
        }
    }

    /// <summary>The node has released the shard. Whoever waits to claim it must hear that, also if the node has said before that it serves it no more.</summary>
    public void Released(int shard, string node)
    {
        lock (gate)
        {
            served[shard] = served[shard] == node ? null : served[shard];
            Announce();
        }
    }

    private void Announce()
    {
        var told = changed;
        changed = NewPromise();
        told.TrySetResult();
    }

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
