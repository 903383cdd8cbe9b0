namespace FlowerPower.Node.Workers;

/// <summary>To a worker: run this many attempts at once from now on. Those beyond it finish.</summary>
internal sealed record SetSlots(int Slots);

/// <summary>To a worker: take no more work, and answer <see cref="Drained"/> once everything is reported.</summary>
internal sealed record Drain
{
    public static Drain Instance { get; } = new();
}

/// <summary>A worker's answer to <see cref="Drain"/>.</summary>
internal sealed record Drained
{
    public static Drained Instance { get; } = new();
}

/// <summary>To a draining worker: time is up; cancel what runs and give it back.</summary>
internal sealed record HandBack
{
    public static HandBack Instance { get; } = new();
}

/// <summary>How busy the worker is, for whoever asks from another thread.</summary>
internal sealed class WorkerGauge
{
    /// <summary>Attempts that run now.</summary>
    public volatile int Busy;
}
