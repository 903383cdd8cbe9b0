namespace FlowerPower.Pipelines;

/// <summary>
/// Watches a run. Calls come one at a time, from the threads that run the nodes: they should return at once. An exception thrown here ends the run.
/// </summary>
public interface IPipelineObserver
{
    /// <summary>The run begins.</summary>
    /// <param name="total">How many nodes it has; 0 or more.</param>
    void Started(int total);

    /// <summary>A node begins. Called once per node, also for one that runs for each element of a sequence.</summary>
    /// <param name="node">The node's name.</param>
    void NodeStarted(string node);

    /// <summary>A node has its value. Not called for a node that failed.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="took">From its start; zero or more.</param>
    void NodeFinished(string node, TimeSpan took);

    /// <summary>Something about a node deserves attention, but the run goes on.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="message">What it is: one sentence.</param>
    void Warned(string node, string message);

    /// <summary>A function has written to its job's log, in a run without a queue. It may come beside other calls.</summary>
    /// <param name="line">One line, or several.</param>
    void Logged(string line)
    {
    }

    /// <summary>A function has said how far the job is, in a run without a queue. It may come beside other calls.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="text">What it is doing; null if it does not say.</param>
    void Reported(double fraction, string? text)
    {
    }
}
