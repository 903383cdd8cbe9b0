using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Node.Jobs;

/// <summary>What a shard keeps, by kind: how each is read, folded and written. The id says which kind it is.</summary>
internal static class Entities
{
    /// <summary>What the store's indexes have for the status of a gate: no job's.</summary>
    private const int GateStatus = 100;

    /// <summary>The entity of this id before its first event.</summary>
    public static EntityState None(string id) => QueueGate.IsId(id) ? QueueGate.Of(QueueGate.QueueOf(id)) : JobState.None;

    /// <summary>The entity as its record has it.</summary>
    /// <exception cref="StoreCorruptException">The record cannot be read.</exception>
    public static EntityState Decode(StoredRecord record) => QueueGate.IsId(record.EntityId)
        ? QueueGateWire.DecodeRecord(record.Body, QueueGate.QueueOf(record.EntityId))
        : JobWire.DecodeRecord(record.Body, JobId.Parse(record.EntityId));

    /// <summary>The entity after an event.</summary>
    /// <exception cref="StoreCorruptException">The event cannot be read.</exception>
    /// <exception cref="InvalidOperationException">It cannot follow.</exception>
    public static EntityState Evolve(EntityState state, EventFrame frame) => state switch
    {
        QueueGate gate => QueueGateRules.Evolve(gate, QueueGateWire.DecodeEvent(frame.Type, frame.Payload)),
        JobState job => JobLifecycle.Evolve(job, JobWire.DecodeEvent(frame.Type, frame.Payload)),
        _ => throw new InvalidOperationException($"{state.GetType().Name} is no kind of entity."),
    };

    /// <summary>The write that makes the entity's record.</summary>
    public static RecordChange RecordOf(EntityState state) => state switch
    {
        QueueGate gate => new RecordChange(
            gate.EntityId!, gate.Version, gate.IsLive, new RecordIndex(GateStatus, "", gate.Queue, gate.Changes is [.., var last] ? last.At : DateTimeOffset.UnixEpoch), ExpiresAt: null,
            QueueGateWire.EncodeRecord(gate)),
        JobState job => JobRecords.Change(job),
        _ => throw new InvalidOperationException($"{state.GetType().Name} is no kind of entity."),
    };
}
