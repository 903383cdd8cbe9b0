namespace FlowerPower.Storage;

/// <summary>Faults by order: each is armed once and used up by the first step that fits it.</summary>
public sealed class StoreFaultScript : IStoreFaults
{
    private readonly Lock gate = new();
    private readonly List<Fault> armed = [];

    /// <summary>The number of faults that have been used up.</summary>
    public int Fired { get; private set; }

    /// <summary>Make the next fitting step fail.</summary>
    /// <param name="step">Where in the call.</param>
    /// <param name="operation">Only this call; <see langword="null"/>: any.</param>
    /// <param name="shard">Only this shard; <see langword="null"/>: any.</param>
    /// <param name="times">How many fitting steps fail; 1 or more.</param>
    /// <param name="error">What is thrown; by default a <see cref="StoreUnavailableException"/>.</param>
    public void FailNext(StoreStep step, StoreOperation? operation = null, int? shard = null, int times = 1, Func<Exception>? error = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (gate)
        {
            for (var i = 0; i < times; i++)
            {
                armed.Add(new Fault(step, operation, shard, error));
            }
        }
    }

    /// <summary>Disarm everything that has not fired.</summary>
    public void Clear()
    {
        lock (gate)
        {
            armed.Clear();
        }
    }

    /// <inheritdoc/>
    public void Reached(StoreStep step, StoreOperation operation, int shard)
    {
        Fault fault;
        lock (gate)
        {
            var index = armed.FindIndex(f =>
                f.Step == step && (f.Operation ?? operation) == operation && (f.Shard ?? shard) == shard);
            if (index < 0)
            {
                return;
            }

            fault = armed[index];
            armed.RemoveAt(index);
            Fired++;
        }

        throw fault.Error?.Invoke() ?? new StoreUnavailableException($"The test made {operation} of shard {shard} fail at {step}.");
    }

    private readonly record struct Fault(StoreStep Step, StoreOperation? Operation, int? Shard, Func<Exception>? Error);
}
