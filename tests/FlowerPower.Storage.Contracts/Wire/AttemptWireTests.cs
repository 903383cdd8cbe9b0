using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Storage.Contracts.Wire;

/// <summary>What attempts say and save, as bytes: in their events, and in the extras of a job's record.</summary>
public sealed class AttemptWireTests
{
    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobSpec Spec = new() { Id = JobId.Parse("job-1"), Pipeline = "hello" };
    private static readonly JobLog Log = JobLog.None.With([new(1, 1, T0, "reading"), new(1, 4, T0.AddSeconds(1), "größe \"€\" 🌻")]);
    private static readonly ReadOnlyMemory<byte> Page = """{"page":7}"""u8.ToArray();

    public static TheoryData<string, string> Golden => new()
    {
        { "job.log-kept.v1", """{"at":639079632000000000,"try":1,"log":[[1,1,639079632000000000,"reading"],[1,4,639079632010000000,"größe \"€\" \uD83C\uDF3B"]]}""" },
        { "job.checkpoint-saved.v1", """{"at":639079632000000000,"try":1,"save":{"page":7}}""" },
        { "job.snoozed.v1", """{"at":639079632000000000,"try":1,"due":639079632600000000}""" },
        { "job.retried.v1", """{"at":639079632000000000,"by":"ada","fresh":true}""" },
    };

    private static JobEvent[] Events =>
    [
        new JobEvent.LogKept(1, Log) { At = T0 },
        new JobEvent.CheckpointSaved(1, Page) { At = T0 },
        new JobEvent.Snoozed(1, T0.AddMinutes(1)) { At = T0 },
        new JobEvent.Retried("ada", Fresh: true) { At = T0 },
    ];

    [Theory]
    [MemberData(nameof(Golden))]
    public void The_bytes_of_each_event_are_what_they_were_and_are_read(string type, string json)
    {
        var e = Events.Single(one => JobWire.Encode(one).Type == type);

        Assert.Equal(json, Encoding.UTF8.GetString(JobWire.Encode(e).Payload));
        Assert.Equal(e, JobWire.DecodeEvent(type, Encoding.UTF8.GetBytes(json)));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_record_keeps_the_lines_and_the_checkpoint_that_a_job_has(bool hasLog, bool hasCheckpoint)
    {
        var trail = new JobTrail(Spec, T0, 1, 0, 0, [new JobTransition(T0, JobStatus.Scheduled, 1, "ada", "snoozed")])
        {
            Log = hasLog ? Log : null,
            Checkpoint = hasCheckpoint ? new JobCheckpoint(1, Page) : null,
        };
        JobState[] states =
        [
            new JobState.Waiting(trail, T0.AddMinutes(1), null) { Version = 3 },
            new JobState.Running(trail, 1, new GrantId("9f8e7d6c"), new WorkerId("ada"), T0, null) { Version = 3 },
            new JobState.Finished(trail, JobStatus.Cancelled, T0, default, null) { Version = 3 },
        ];

        Assert.All(states, state =>
        {
            var read = JobWire.DecodeRecord(JobWire.EncodeRecord(state), Spec.Id);
            Assert.Equal(state, read);
            Assert.Equal(hasLog, read.History!.Log is not null);
            Assert.Equal(hasCheckpoint, read.History.Checkpoint is not null);
        });
    }

    [Fact]
    public void A_job_that_neither_says_nor_saves_anything_pays_nothing_for_it()
    {
        var trail = new JobTrail(Spec, T0, 1, 0, 0, [new JobTransition(T0, JobStatus.Pending, 0, null, null)]);

        Assert.Equal(3, JobWire.EncodeRecord(new JobState.Waiting(trail, T0, null) { Version = 1 })[0]);
        Assert.Equal(4, JobWire.EncodeRecord(new JobState.Waiting(trail with { Checkpoint = new(1, Page) }, T0, null) { Version = 1 })[0]);
    }

    [Fact]
    public void The_largest_checkpoint_is_stored_and_a_larger_one_is_refused_with_what_to_do()
    {
        var largest = new JobEvent.CheckpointSaved(1, Encoding.UTF8.GetBytes($"\"{new string('c', JobCheckpoint.MaxBytes - 2)}\"")) { At = T0 };
        Assert.Equal(largest, JobWire.DecodeEvent("job.checkpoint-saved.v1", JobWire.Encode(largest).Payload));

        var problem = JobWire.ProblemWithCheckpoint(new byte[JobCheckpoint.MaxBytes + 1]);
        Assert.Equal(
            "The job's checkpoint has 1,048,577 bytes of JSON, more than 1,048,576: save where the job is, and keep its data elsewhere.", problem);
        Assert.NotNull(JobWire.ProblemWithCheckpoint("{"u8));
        Assert.Null(JobWire.ProblemWithCheckpoint(Page.Span));
    }

    [Theory]
    [InlineData("job.log-kept.v1", """{"at":1,"try":1}""")]
    [InlineData("job.log-kept.v1", """{"at":1,"try":1,"log":[[1,1]]}""")]
    [InlineData("job.checkpoint-saved.v1", """{"at":1,"try":1}""")]
    [InlineData("job.snoozed.v1", """{"at":1,"try":1}""")]
    public void Bytes_that_lack_something_are_corrupt(string type, string json) =>
        Assert.Throws<StoreCorruptException>(() => JobWire.DecodeEvent(type, Encoding.UTF8.GetBytes(json)));
}
