using System.Text;
using System.Text.Json;
using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Storage.Contracts.Wire;

public sealed class JobWireRoundTripTests
{
    private const int Seeds = 3_000;
    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_event_that_is_written_is_read_back_equal()
    {
        var types = new HashSet<string>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var written = new RandomJobs(seed).Event();
            var (type, payload) = JobWire.Encode(written);
            types.Add(type);

            var read = JobWire.DecodeEvent(type, payload);

            Assert.True(written == read, $"Seed {seed}: {written} was read back as {read} from {Encoding.UTF8.GetString(payload)}");
            Assert.Equal(payload, JobWire.Encode(read).Payload);
        }

        Assert.Equal(14, types.Count);
    }

    [Fact]
    public void Every_record_that_is_written_is_read_back_equal()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var written = new RandomJobs(seed).State();
            var body = JobWire.EncodeRecord(written);

            var read = JobWire.DecodeRecord(body, written.History!.Spec.Id);

            Assert.True(written == read, $"Seed {seed}: {written} was read back as {read} from {Convert.ToHexStringLower(body)}");
            Assert.Equal(body, JobWire.EncodeRecord(read));
        }
    }

    [Fact]
    public void Events_are_well_formed_JSON()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            using var e = JsonDocument.Parse(JobWire.Encode(new RandomJobs(seed).Event()).Payload);
            Assert.Equal(JsonValueKind.Object, e.RootElement.ValueKind);
        }
    }

    [Fact]
    public void An_instant_with_an_offset_is_stored_as_the_same_instant_of_UTC()
    {
        var there = new JobEvent.Retried("ada") { At = T0.ToOffset(TimeSpan.FromHours(5)) };

        var read = JobWire.DecodeEvent(JobWireTypes.Retried, JobWire.Encode(there).Payload);

        Assert.Equal(there, read);
        Assert.Equal(TimeSpan.Zero, read.At.Offset);
    }

    [Fact]
    public void An_embedded_value_keeps_its_bytes_but_for_the_space_around_it()
    {
        var result = Encoding.UTF8.GetBytes("\r\n {\"b\": 1.50,  \"a\":\"\\u00e9\"}\t");

        var read = (JobEvent.Completed)Again(new JobEvent.Completed(1, result) { At = T0 });

        Assert.Equal("""{"b": 1.50,  "a":"\u00e9"}""", Encoding.UTF8.GetString(read.ResultJson.Span));
    }

    [Fact]
    public void A_text_with_half_a_character_is_stored_with_a_replacement_for_it()
    {
        var read = (JobEvent.Cancelled)Again(new JobEvent.Cancelled("ada", "half \ud83c of it") { At = T0 });

        Assert.Equal("half \ufffd of it", read.Reason);
    }

    [Fact]
    public void A_result_of_16_MiB_is_stored_and_read_back()
    {
        var result = Encoding.UTF8.GetBytes($"\"{new string('r', WireLimits.MaxJsonBytes - 2)}\"");
        var completed = new JobEvent.Completed(1, result) { At = T0 };
        var job = new JobState.Finished(Trail(), JobStatus.Completed, T0, result, null) { Version = 3 };

        Assert.Equal(completed, Again(completed));
        Assert.Equal(job, JobWire.DecodeRecord(JobWire.EncodeRecord(job), job.History!.Spec.Id));
    }

    [Fact]
    public void The_record_of_a_job_that_did_nothing_is_smaller_than_100_bytes()
    {
        var job = new JobEvent[]
        {
            new JobEvent.Enqueued(new JobSpec { Id = JobId.Parse("01aryz6s41zzzzzzzz00000001"), Pipeline = "hello_world" }, T0) { At = T0 },
            new JobEvent.AttemptStarted(1, new GrantId("0123456789abcdef"), new WorkerId("worker-host-12345-0123456789"), null) { At = T0 },
            new JobEvent.Completed(1, """{"sum":3}"""u8.ToArray()) { At = T0 },
        }.Aggregate((JobState)JobState.None, JobLifecycle.Evolve);

        Assert.InRange(JobWire.EncodeRecord(job).Length, 50, 100);
    }

    [Fact]
    public void A_job_with_inputs_and_nothing_else_of_its_own_costs_its_inputs_and_no_names()
    {
        var inputs = Encoding.UTF8.GetBytes("""{"inputs":{"city":"Bremen"}}""");
        var plain = new JobState.Waiting(Trail(), T0, null) { Version = 1 };
        var trail = plain.Trail with { Spec = plain.Trail.Spec with { RunConfigJson = (byte[])[.. " "u8, .. inputs, .. "\n"u8] } };

        var record = JobWire.EncodeRecord(plain with { Trail = trail });

        Assert.Equal(JobWire.EncodeRecord(plain).Length + 1 + inputs.Length, record.Length);
        Assert.Equal(inputs, JobWire.DecodeRecord(record, trail.Spec.Id).History!.Spec.RunConfigJson.ToArray());
    }

    [Fact]
    public void What_is_read_does_not_change_with_the_bytes_it_was_read_from()
    {
        var (type, payload) = JobWire.Encode(new JobEvent.Completed(1, """{"sum":3}"""u8.ToArray()) { At = T0 });
        var read = (JobEvent.Completed)JobWire.DecodeEvent(type, payload);

        payload.AsSpan().Fill((byte)'x');

        Assert.Equal("""{"sum":3}"""u8.ToArray(), read.ResultJson.ToArray());
    }

    [Fact]
    public void Jobs_are_written_from_many_threads_at_once()
    {
        Parallel.For(1, 500, new ParallelOptions { MaxDegreeOfParallelism = 8 }, seed =>
        {
            var written = new RandomJobs(seed).Event();
            Assert.Equal(written, Again(written));
        });
    }

    private static JobEvent Again(JobEvent e)
    {
        var (type, payload) = JobWire.Encode(e);
        return JobWire.DecodeEvent(type, payload);
    }

    private static JobTrail Trail() => new(
        new JobSpec { Id = JobId.Parse("job-1"), Pipeline = "hello" }, T0, 1, 0, 0, [new JobTransition(T0, JobStatus.Pending, 0, null, null)]);
}
