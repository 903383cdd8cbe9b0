namespace FlowerPower.Jobs;

/// <summary>Strict order inside a queue: no job starts while one of a higher priority is due in the same queue.</summary>
public enum JobPriority
{
    /// <summary>Before all others.</summary>
    High = 1,

    /// <summary>The default.</summary>
    Medium = 2,

    /// <summary>When nothing else is due.</summary>
    Low = 3,
}
