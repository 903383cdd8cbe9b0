using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Storage.Contracts.Wire;

public sealed class JobWireRefusalTests
{
    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobSpec Spec = new() { Id = JobId.Parse("job-1"), Pipeline = "hello" };

    [Theory]
    [InlineData("job.enqueued.v2")]
    [InlineData("FlowerPower.Jobs.JobEvent+Enqueued, FlowerPower.Jobs")]
    [InlineData("")]
    public void An_unknown_type_is_refused_by_name(string type)
    {
        var error = Assert.Throws<UnknownWireTypeException>(() => JobWire.DecodeEvent(type, "{}"u8.ToArray()));

        Assert.Equal(type, error.Type);
        Assert.Contains($"'{type}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(31)]
    public void A_record_of_an_unknown_format_is_refused_by_name(byte format) => Assert.Equal(
        $"job.record.v{format}",
        Assert.Throws<UnknownWireTypeException>(() => JobWire.DecodeRecord(new byte[] { format, 1, 1 }, Spec.Id)).Type);

    [Fact]
    public void A_JSON_record_of_no_known_format_is_refused_by_name() =>
        Assert.Equal("job.record.v3", Assert.Throws<UnknownWireTypeException>(() => JobWire.DecodeRecord("""{"v":3,"x":1}"""u8.ToArray(), null)).Type);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("0300", "cut short")]
    [InlineData("03 00 01 0161 0000000000000001 00 01 02 00 00", "0 is not a state")]
    [InlineData("03 03 01 0161 0000000000000001 00 01 02 00 00", "2 is not an outcome")]
    [InlineData("03 01 01 0161 0000000000000001 00 01 0a 00 00", "like the one before")]
    [InlineData("03 01 01 0161 0000000000000001 00 01 00 00 00", "0 is not a status")]
    [InlineData("03 01 01 0161 0000000000000001 00 00", "0 steps")]
    [InlineData("03 01 01 0161 0000000000000001 00 41", "65 steps")]
    [InlineData("03 01 01 0161 0000000000000001 02 01", "2 does not say whether counts follow")]
    [InlineData("03 01 01 0161 0000000000000001 00 01 02 00 00 00 00", "bytes after its end")]
    [InlineData("03 01 01 0161 ffffffffffffffff 00 01 02 00 00 00", "job record")]
    [InlineData("03 01 ffffffffffffffffffffff", "more than 10 bytes")]
    [InlineData("03 01 01 0161 0000000000000001 00 01 02 00 ffffffffff00 00", "too large")]
    public void A_malformed_packed_record_is_corrupt_and_the_message_says_what_is_wrong(string hex, string part)
    {
        var body = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        var error = Assert.Throws<StoreCorruptException>(() => JobWire.DecodeRecord(body, Spec.Id));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_record_is_read_only_under_the_id_it_is_stored_under()
    {
        var job = new JobState.Waiting(
            new JobTrail(Spec, T0, 0, 0, 0, [new JobTransition(T0, JobStatus.Pending, 0, null, null)]), T0, null)
        { Version = 1 };

        var error = Assert.Throws<StoreCorruptException>(() => JobWire.DecodeRecord(JobWire.EncodeRecord(job), null));

        Assert.Contains("'id' is missing", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JobWireTypes.Retried, """{"by":"ada"}""", "'at' is missing")]
    [InlineData(JobWireTypes.Retried, """{"at":1}""", "'by' is missing")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1}""", "'spec' is missing")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1,"spec":{"pipe":"p"}}""", "'id' is missing")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1,"spec":{"id":"a/b","pipe":"p"}}""", "'a/b' is not a job id")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1,"spec":{"id":"a","pipe":"p","prio":9}}""", "priority")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1,"spec":{"id":"a","pipe":"p","retry":{"max":-1}}}""", "max_retries")]
    [InlineData(JobWireTypes.Enqueued, """{"at":1,"spec":{"id":"a","pipe":"p","retry":{"jit":1e999}}}""", "jitter_factor")]
    [InlineData(JobWireTypes.Failed, """{"at":1,"try":1,"err":{"t":[],"m":"x"}}""", "at least one exception type")]
    [InlineData(JobWireTypes.AttemptLost, """{"at":1,"try":1,"worker":"ada"}""", "'crash' is missing")]
    [InlineData(JobWireTypes.Retried, """{"at":"1","by":"ada"}""", "a number was expected")]
    [InlineData(JobWireTypes.Retried, """{"at":1.5,"by":"ada"}""", "job.retried.v1")]
    [InlineData(JobWireTypes.Retried, """{"at":-1,"by":"ada"}""", "job.retried.v1")]
    [InlineData(JobWireTypes.Retried, """{"at":1,"by":null}""", "a text was expected")]
    [InlineData(JobWireTypes.Retried, """{"at":1,"by":"ada"}{}""", "job.retried.v1")]
    [InlineData(JobWireTypes.Retried, """[1]""", "StartObject was expected")]
    [InlineData(JobWireTypes.Retried, "", "job.retried.v1")]
    public void A_malformed_event_is_corrupt_and_the_message_names_its_type_and_what_is_wrong(string type, string payload, string part)
    {
        var error = Assert.Throws<StoreCorruptException>(() => JobWire.DecodeEvent(type, Encoding.UTF8.GetBytes(payload)));

        Assert.Contains(type, error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"n":1}""", "'v'")]
    [InlineData("""{}""", "'v'")]
    [InlineData("""{"v":1}""", "'spec' is missing")]
    [InlineData("""{"v":1,"n":1,"s":1,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,2]]}""", "'due' is missing")]
    [InlineData("""{"v":1,"n":1,"s":9,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,2]]}""", "9 is not a state")]
    [InlineData("""{"v":2,"n":1,"s":3,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,2]]}""", "2 is not an outcome")]
    [InlineData("""{"v":2,"n":1,"s":1,"due":1,"spec":{"pipe":"p"},"enq":1,"steps":[[0,2]]}""", "'id' is missing")]
    [InlineData("""{"v":2,"n":1,"s":1,"due":1,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,2,-1]]}""", "like the one before")]
    [InlineData("""{"v":1,"n":1,"s":3,"out":3,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,2]]}""", "3 is not an outcome")]
    [InlineData("""{"v":1,"n":1,"s":1,"due":1,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[0,8]]}""", "8 is not a status")]
    [InlineData("""{"v":1,"n":1,"s":1,"due":1,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[]}""", "0 steps")]
    [InlineData("""{"v":1,"n":1,"s":1,"due":1,"spec":{"id":"a","pipe":"p"},"steps":[[0,2]]}""", "'enq' is missing")]
    [InlineData("""{"v":1,"n":1,"s":1,"due":1,"spec":{"id":"a","pipe":"p"},"enq":1,"steps":[[-2,2]]}""", "job record")]
    public void A_malformed_record_is_corrupt_and_the_message_says_what_is_wrong(string body, string part)
    {
        var error = Assert.Throws<StoreCorruptException>(() => JobWire.DecodeRecord(Encoding.UTF8.GetBytes(body), null));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Torn_or_garbled_bytes_are_corrupt_or_harmless_and_never_anything_else()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var jobs = new RandomJobs(seed);
            var random = new Random(seed);
            var (type, payload) = JobWire.Encode(jobs.Event());
            var state = jobs.State();
            var (body, id) = (JobWire.EncodeRecord(state), state.History!.Spec.Id);
            AssertTornIsCorrupt(() => JobWire.DecodeEvent(type, payload.AsMemory(0, random.Next(payload.Length))));
            AssertTornIsCorrupt(() => JobWire.DecodeRecord(body.AsMemory(0, random.Next(body.Length)), id));
            for (var i = 0; i < 10; i++)
            {
                payload[random.Next(payload.Length)] = (byte)random.Next(256);
                body[random.Next(body.Length)] = (byte)random.Next(256);
                var problems = new[]
                {
                    Record.Exception(() => JobWire.DecodeEvent(type, payload)), Record.Exception(() => JobWire.DecodeRecord(body, id)),
                };
                Assert.All(problems, problem => Assert.True(
                    problem is null or StoreCorruptException or UnknownWireTypeException, $"Seed {seed}: {problem}"));
            }
        }
    }

    [Fact]
    public void Fields_of_a_later_version_are_passed_over()
    {
        const string extra = "\"later\":{\"a\":[1,{\"at\":5}]},";

        var e = JobWire.DecodeEvent(JobWireTypes.Enqueued, Encoding.UTF8.GetBytes(
            "{" + extra + "\"at\":1,\"spec\":{" + extra + "\"id\":\"job-1\",\"pipe\":\"hello\",\"retry\":{" + extra + "\"max\":5}}}"));
        var record = JobWire.DecodeRecord(Encoding.UTF8.GetBytes(
            "{\"v\":1," + extra + "\"n\":1,\"s\":1,\"due\":1,\"err\":{" + extra + "\"t\":[\"A\"],\"m\":\"x\"},"
            + "\"spec\":{\"id\":\"job-1\",\"pipe\":\"hello\"},\"enq\":1,\"steps\":[[0,2,0,null,null,null,null,\"later\",{}]]}"), null);

        var at = new DateTimeOffset(1, TimeSpan.Zero);
        Assert.Equal(new JobEvent.Enqueued(Spec with { Retry = new RetryPolicy { MaxRetries = 5 } }, at) { At = at }, e);
        Assert.Equal(new JobTransition(at, JobStatus.Pending, 0, null, null), Assert.Single(record.History!.Transitions));
    }

    [Fact]
    public void What_is_left_out_means_for_ever_what_it_meant_when_it_was_written()
    {
        var e = (JobEvent.Enqueued)JobWire.DecodeEvent(JobWireTypes.Enqueued, """{"at":1,"spec":{"id":"job-1","pipe":"hello"}}"""u8.ToArray());

        Assert.Equal(e.At, e.DueAt);
        Assert.Equal("{}"u8.ToArray(), e.Spec.RunConfigJson.ToArray());
        Assert.Equal(("", "default", JobPriority.Medium), (e.Spec.Project, e.Spec.Queue, e.Spec.Priority));
        Assert.Equal((null, null, null), (e.Spec.Timeout, e.Spec.ExpiresAt, e.Spec.Description));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromDays(30)), (e.Spec.ResultRetention, e.Spec.FailureRetention));
        Assert.Empty(e.Spec.Tags);
        Assert.Empty(e.Spec.Metadata);
        Assert.Equal((3, TimeSpan.FromSeconds(1), 0.1), (e.Spec.Retry.MaxRetries, e.Spec.Retry.Delay, e.Spec.Retry.JitterFactor));
        Assert.Equal(TimeSpan.FromHours(1), e.Spec.Retry.MaxDelay);
        Assert.Equal(["Exception"], e.Spec.Retry.Exceptions);
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("{", "is not JSON")]
    [InlineData("1 2", "is not JSON")]
    [InlineData("{'a':1}", "is not JSON")]
    [InlineData("NaN", "is not JSON")]
    public void A_result_that_is_not_JSON_is_refused_before_it_is_stored(string result, string part)
    {
        var bytes = Encoding.UTF8.GetBytes(result);
        Assert.Contains(part, JobWire.ProblemWithResult(bytes), StringComparison.Ordinal);
        if (bytes.Length > 0)
        {
            var error = Assert.Throws<ArgumentException>(() => JobWire.Encode(new JobEvent.Completed(1, bytes) { At = T0 }));
            Assert.Contains($"The job's result {part}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_result_that_is_not_UTF8_is_refused() =>
        Assert.Contains("is not UTF-8", JobWire.ProblemWithResult([(byte)'"', 0xff, (byte)'"']), StringComparison.Ordinal);

    [Fact]
    public void A_result_larger_than_16_MiB_is_refused_with_the_remedy() => Assert.Contains(
        "16,777,217 bytes of JSON, more than 16,777,216: store it elsewhere",
        JobWire.ProblemWithResult(new byte[WireLimits.MaxJsonBytes + 1]), StringComparison.Ordinal);

    [Fact]
    public void A_result_may_be_nested_64_deep_and_no_deeper()
    {
        var deepest = new JobEvent.Completed(1, Nested(WireLimits.MaxJsonDepth)) { At = T0 };
        var job = new JobState.Finished(
            new JobTrail(Spec, T0, 1, 0, 0, [new JobTransition(T0, JobStatus.Pending, 0, null, null)]), JobStatus.Completed, T0, deepest.ResultJson, null);

        Assert.Equal(deepest, JobWire.DecodeEvent(JobWireTypes.Completed, JobWire.Encode(deepest).Payload));
        Assert.Equal(job, JobWire.DecodeRecord(JobWire.EncodeRecord(job), job.History!.Spec.Id));
        Assert.Contains("more than 64 deep: flatten it", JobWire.ProblemWithResult(Nested(WireLimits.MaxJsonDepth + 1)), StringComparison.Ordinal);
        Assert.Contains("more than 64 deep", JobWire.ProblemWithResult(Nested(100_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_bytes_that_are_nested_without_end_are_corrupt()
    {
        var nested = Encoding.UTF8.GetString(Nested(100_000));

        Assert.Throws<StoreCorruptException>(() => JobWire.DecodeEvent(JobWireTypes.Retried, Encoding.UTF8.GetBytes("{\"x\":" + nested + "}")));
        Assert.Throws<StoreCorruptException>(() => JobWire.DecodeRecord(Encoding.UTF8.GetBytes("{\"v\":1,\"x\":" + nested + "}"), null));
    }

    [Fact]
    public void Stored_bytes_beyond_all_bounds_are_corrupt()
    {
        var bytes = new byte[WireLimits.MaxRecordBytes + 1];

        Assert.Contains("more than 50,331,648", Assert.Throws<StoreCorruptException>(() => JobWire.DecodeRecord(bytes, null)).Message, StringComparison.Ordinal);
        Assert.Throws<StoreCorruptException>(() => JobWire.DecodeEvent(JobWireTypes.Retried, bytes));
    }

    [Fact]
    public void A_run_configuration_is_a_JSON_object()
    {
        Assert.Null(JobWire.ProblemWith(Spec));
        Assert.Null(JobWire.ProblemWith(Spec with { RunConfigJson = " {\"a\":1} "u8.ToArray() }));
        Assert.Contains("not a JSON object", JobWire.ProblemWith(Spec with { RunConfigJson = "[1]"u8.ToArray() }), StringComparison.Ordinal);
        Assert.Contains("is not JSON", JobWire.ProblemWith(Spec with { RunConfigJson = default }), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => JobWire.Encode(new JobEvent.Enqueued(Spec with { RunConfigJson = "{"u8.ToArray() }, T0) { At = T0 }));
    }

    [Fact]
    public void A_job_may_carry_1_MiB_of_texts_whatever_they_hold()
    {
        var largest = Spec with { Description = new string('\u0001', WireLimits.MaxTextBytes - 100) }; // each needs six bytes in JSON
        var enqueued = new JobEvent.Enqueued(largest, T0) { At = T0 };

        Assert.Equal(enqueued, JobWire.DecodeEvent(JobWireTypes.Enqueued, JobWire.Encode(enqueued).Payload));
        var tooLarge = Spec with { Metadata = new Dictionary<string, string> { ["x"] = new('x', WireLimits.MaxTextBytes) } };
        Assert.Contains("more than 1,048,576", JobWire.ProblemWith(tooLarge), StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_job_has_no_record() => Assert.Throws<ArgumentException>(() => JobWire.EncodeRecord(JobState.None));

    [Fact]
    public void After_a_refusal_the_next_job_is_written_as_usual()
    {
        var error = Assert.Throws<ArgumentException>(() => JobWire.Encode(new JobEvent.AttemptLost(1, default, true) { At = T0 }));
        Assert.Contains("'worker'", error.Message, StringComparison.Ordinal);

        var e = new JobEvent.Retried("ada") { At = T0 };
        Assert.Equal(e, JobWire.DecodeEvent(JobWireTypes.Retried, JobWire.Encode(e).Payload));
    }

    private static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));

    private static void AssertTornIsCorrupt(Func<object> read) => Assert.Throws<StoreCorruptException>(read);
}
