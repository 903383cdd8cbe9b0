namespace FlowerPower.Jobs;

/// <summary>One worker of one process: a new process is a new worker, even at the same place.</summary>
/// <param name="Value">Text for people and logs, unique per incarnation (<c>host-pid-chance</c>); never empty.</param>
public readonly record struct WorkerId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>One hand-out of one attempt to one worker slot: the token that a worker's answers must carry.</summary>
/// <param name="Value">Unguessable, unique text; never empty.</param>
public readonly record struct GrantId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
