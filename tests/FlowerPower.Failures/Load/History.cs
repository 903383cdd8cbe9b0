using System.Collections.Concurrent;

namespace FlowerPower.Failures.Load;

/// <summary>What clients did and were told, from many threads.</summary>
internal sealed class History
{
    private readonly ConcurrentQueue<Invocation> invocations = new();
    private readonly ConcurrentQueue<Sighting> sightings = new();

    /// <summary>In the order of their answers.</summary>
    public IReadOnlyList<Invocation> Invocations => [.. invocations];

    public IReadOnlyList<Sighting> Sightings => [.. sightings];

    public int Acknowledged => invocations.Count(i => i.Answer == Answer.Acknowledged);

    public void Add(Invocation invocation) => invocations.Enqueue(invocation);

    public void Add(Sighting sighting) => sightings.Enqueue(sighting);
}
