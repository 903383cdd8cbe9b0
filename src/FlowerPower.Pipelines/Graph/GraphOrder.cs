namespace FlowerPower.Pipelines;

/// <summary>Orders nodes so that each comes after what it takes, and finds cycles. Without recursion: a chain may be long.</summary>
internal static class GraphOrder
{
    /// <summary>Sorts the nodes; equal ones keep their order. Each cycle found is a problem, told as a path.</summary>
    public static IReadOnlyList<GraphNode> Sort(IReadOnlyList<GraphNode> nodes, List<string> problems)
    {
        var byName = nodes.ToDictionary(node => node.Name);
        var sorted = new List<GraphNode>();
        var left = new HashSet<string>(byName.Keys);
        TakeFree(nodes, left, sorted);
        while (left.Count > 0)
        {
            var cycle = FindCycle(nodes.First(node => left.Contains(node.Name)), byName, left);
            problems.Add(cycle.Count == 1
                ? $"Node '{cycle[0]}' takes itself; rename the parameter or bind it to another node."
                : $"The nodes take each other in a circle: {string.Join(" → ", cycle.Append(cycle[0]))}; break it at one of them.");
            left.ExceptWith(cycle);
            TakeFree(nodes, left, sorted);
        }

        return sorted;
    }

    private static void TakeFree(IReadOnlyList<GraphNode> nodes, HashSet<string> left, List<GraphNode> sorted)
    {
        var waitsFor = nodes.Where(node => left.Contains(node.Name)).ToDictionary(node => node.Name, node => node.Dependencies.Count(left.Contains));
        var takers = nodes.Where(node => left.Contains(node.Name))
            .SelectMany(node => node.Dependencies.Where(left.Contains).Select(dependency => (dependency, node)))
            .ToLookup(pair => pair.dependency, pair => pair.node);
        var free = new Queue<GraphNode>(nodes.Where(node => waitsFor.TryGetValue(node.Name, out var count) && count == 0));
        while (free.TryDequeue(out var node))
        {
            sorted.Add(node);
            left.Remove(node.Name);
            foreach (var taker in takers[node.Name])
            {
                if (--waitsFor[taker.Name] == 0)
                {
                    free.Enqueue(taker);
                }
            }
        }
    }

    /// <summary>Every node left waits for another one left, so a walk along them must return to where it was.</summary>
    private static List<string> FindCycle(GraphNode start, Dictionary<string, GraphNode> byName, HashSet<string> left)
    {
        var path = new List<string>();
        for (var at = start.Name; ; at = byName[at].Dependencies.First(left.Contains))
        {
            var seen = path.IndexOf(at);
            if (seen >= 0)
            {
                path = path[seen..];
                path.Reverse(); // from giver to taker, the way values flow
                return path;
            }

            path.Add(at);
        }
    }
}
