using System.Globalization;
using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Storage;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Benchmarks.Redis;

/// <summary>Jobs as a node stores them: real events, real records, ids of a job's usual length.</summary>
internal static class JobLives
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly WorkerId Worker = new("worker1-4711-9f8e7d6c");
    private static readonly ReadOnlyMemory<byte> Result = """{"sum":3}"""u8.ToArray();

    /// <summary>A batch in which so many jobs are enqueued, run and finish: three events each, and their records.</summary>
    /// <param name="payloadBytes">How long their one input is; 0: they have none.</param>
    public static (EventFrame[] Events, RecordChange[] Records) Finished(int shard, int batch, int jobs, int payloadBytes = 0)
    {
        var events = new EventFrame[jobs * 3];
        var records = new RecordChange[jobs];
        for (var i = 0; i < jobs; i++)
        {
            var id = Id(shard, batch, i);
            var at = Start.AddMilliseconds((batch * jobs) + i);
            var grant = new GrantId(((batch * 1_000_003L) + i).ToString("x16", CultureInfo.InvariantCulture));
            JobState state = JobState.None;
            JobCommand[] life =
            [
                new JobCommand.Enqueue(SpecOf(id, payloadBytes), at, new RequestId(long.MaxValue / 2 - i)),
                new JobCommand.Start(grant, Worker),
                new JobCommand.Succeed(grant, Result),
            ];
            var version = 0;
            foreach (var command in life)
            {
                foreach (var e in JobLifecycle.Decide(state, command, at.AddMilliseconds(version), 0).Events)
                {
                    var (type, payload) = JobWire.Encode(e);
                    events[(version * jobs) + i] = new EventFrame(id.Value, ++version, type, payload);
                    state = JobLifecycle.Evolve(state, e);
                }
            }

            records[i] = new RecordChange(
                id.Value, version, false, new RecordIndex((int)JobStatus.Completed, "noop", "default", at), at.AddDays(7), JobWire.EncodeRecord(state));
        }

        return (events, records);
    }

    /// <summary>Records of jobs that wait.</summary>
    public static RecordChange[] Waiting(int shard, int batch, int jobs) =>
        [.. Enumerable.Range(0, jobs).Select(i =>
        {
            var id = Id(shard, batch, i);
            var command = new JobCommand.Enqueue(new JobSpec { Id = id, Pipeline = "noop" }, Start);
            var state = JobLifecycle.Decide(JobState.None, command, Start, 0).Events.Aggregate((JobState)JobState.None, JobLifecycle.Evolve);
            return new RecordChange(
                id.Value, 1, true, new RecordIndex((int)JobStatus.Pending, "noop", "default", Start), null, JobWire.EncodeRecord(state));
        })];

    private static JobSpec SpecOf(JobId id, int payloadBytes)
    {
        var plain = new JobSpec { Id = id, Pipeline = "noop" };
        return payloadBytes == 0
            ? plain
            : plain with { RunConfigJson = Encoding.UTF8.GetBytes($$$"""{"inputs":{"payload":"{{{new string('x', payloadBytes)}}}"}}""") };
    }

    private static JobId Id(int shard, int batch, int i)
    {
        Span<byte> chance = stackalloc byte[10];
        BitConverter.TryWriteBytes(chance, ((long)batch << 32) + i);
        BitConverter.TryWriteBytes(chance[8..], (short)shard);
        return JobId.FromRandom(Start.AddMilliseconds(batch), chance);
    }
}
