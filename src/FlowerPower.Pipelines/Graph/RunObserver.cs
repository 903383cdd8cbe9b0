namespace FlowerPower.Pipelines;

/// <summary>Tells an observer about one run: one call at a time, with durations, and nothing after the run has ended.</summary>
internal sealed class RunObserver(IPipelineObserver? inner, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, long> startedAt = [];
    private bool closed;

    public void Started(int total) => inner?.Started(total);

    public void NodeStarted(string node)
    {
        lock (gate)
        {
            startedAt[node] = clock.GetTimestamp();
            if (!closed)
            {
                inner?.NodeStarted(node);
            }
        }
    }

    public void NodeFinished(string node)
    {
        lock (gate)
        {
            if (startedAt.Remove(node, out var started) && !closed)
            {
                inner?.NodeFinished(node, clock.GetElapsedTime(started));
            }
        }
    }

    public void Warned(string node, string message)
    {
        lock (gate)
        {
            if (!closed)
            {
                inner?.Warned(node, message);
            }
        }
    }

    /// <summary>Ends the story: the nodes still under way get a last word.</summary>
    public void Abandon(string message)
    {
        lock (gate)
        {
            foreach (var node in startedAt.Keys.Where(_ => !closed).Order(StringComparer.Ordinal))
            {
                inner?.Warned(node, message);
            }

            closed = true;
        }
    }
}
