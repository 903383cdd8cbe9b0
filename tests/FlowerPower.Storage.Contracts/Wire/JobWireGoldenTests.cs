using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Storage.Wire;

namespace FlowerPower.Storage.Contracts.Wire;

/// <summary>
/// The exact bytes of each event and of a record. A difference here is a decision: stores of older versions must stay readable.
/// </summary>
public sealed class JobWireGoldenTests
{
    private static readonly DateTimeOffset T0 = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly WorkerId Ada = new("ada-4711");
    private static readonly GrantId Grant = new("9f8e7d6c");
    private static readonly RequestId Asked = new(4611686018427387904);
    private static readonly JobError Error = new(["HttpRequestException", "Exception"], "The host did not answer.", "at Sum()");
    private static readonly JobSpec Plain = new() { Id = JobId.Parse("job-1"), Pipeline = "hello" };

    private static readonly JobSpec Full = Plain with
    {
        Project = "weather",
        RunConfigJson = """{"inputs":{"a":1},"final_vars":["sum"]}"""u8.ToArray(),
        Queue = "reports",
        Priority = JobPriority.High,
        Retry = new RetryPolicy
        {
            MaxRetries = 5,
            Delay = TimeSpan.FromSeconds(2),
            JitterFactor = 0.25,
            MaxDelay = TimeSpan.FromMinutes(1),
            Exceptions = ["IOException"],
        },
        Timeout = TimeSpan.FromMinutes(5),
        ExpiresAt = T0.AddHours(1),
        ResultRetention = TimeSpan.FromDays(1),
        FailureRetention = TimeSpan.FromDays(2),
        Description = "Größe <sum>",
        Tags = ["daily", "eu"],
        Metadata = new Dictionary<string, string> { ["owner"] = "ada" },
    };

    private static readonly JobEvent.Enqueued Enqueued = new(Full, T0.AddSeconds(30)) { At = T0 };
    private static readonly JobEvent.Enqueued EnqueuedTied = new(
        Plain with
        {
            DependsOn = [new JobDependency(JobId.Parse("parent"), AllowFailure: true) { Inputs = new Dictionary<string, string> { ["rows"] = "clean" } }],
            OnSuccess = new JobCallback("report") { RunConfigJson = """{"final_vars":["page"]}"""u8.ToArray() },
            OnFailure = new JobCallback("callback:alert"),
        },
        T0)
    { At = T0 };
    private static readonly JobEvent.Enqueued EnqueuedKeyed = new(Plain with { Id = JobId.ForKey("night", T0, new byte[10]), UniqueKey = "night", UniqueFor = TimeSpan.FromHours(1) }, T0) { At = T0 };
    private static readonly JobEvent.AttemptStarted Started = new(1, Grant, Ada, T0.AddMinutes(6)) { At = T0.AddMinutes(1) };
    private static readonly JobEvent.AttemptFailed AttemptFailed = new(1, Error, T0.AddMinutes(3)) { At = T0.AddMinutes(2) };
    private static readonly JobEvent.Cancelled Cancelled = new("ada", "wrong input") { At = T0.AddMinutes(2) };
    private static readonly JobEvent.Retried Retried = new("bob") { At = T0.AddMinutes(3) };
    private static readonly JobEvent.Kept Kept = new("bob", T0.AddDays(90)) { At = T0.AddMinutes(4) };

    private static readonly (string File, JobEvent Event)[] Events =
    [
        ("enqueued.plain", new JobEvent.Enqueued(Plain, T0) { At = T0 }),
        ("enqueued.full", Enqueued),
        ("enqueued.requested", new JobEvent.Enqueued(Plain, T0, Asked) { At = T0 }),
        ("attempt-started", Started),
        ("attempt-failed", AttemptFailed),
        ("attempt-lost", new JobEvent.AttemptLost(1, Ada, Crashed: true) { At = T0 }),
        ("completed", new JobEvent.Completed(1, """{"sum":3}"""u8.ToArray()) { At = T0.AddMinutes(2) }),
        ("failed", new JobEvent.Failed(1, Error) { At = T0 }),
        ("cancelled", Cancelled),
        ("retried", Retried),
        ("retried.requested", Retried with { Request = Asked }),
        ("enqueued.tied", EnqueuedTied),
        ("dependent-added", new JobEvent.DependentAdded(JobId.Parse("child")) { At = T0 }),
        ("parent-ended", new JobEvent.ParentEnded(JobId.Parse("parent"), JobStatus.Completed) { At = T0.AddMinutes(1) }),
        ("key-released", new JobEvent.KeyReleased { At = T0 }),
        ("enqueued.keyed", EnqueuedKeyed),
        ("notes-delivered", new JobEvent.NotesDelivered([1, 3]) { At = T0 }),
        ("kept", Kept),
        ("deleted", new JobEvent.Deleted("bob") { At = T0.AddMinutes(5) }),
    ];

    private static readonly (string File, JobState State)[] Records =
    [
        ("record.waiting.v3", Fold(Enqueued, Started, AttemptFailed)),
        ("record.running.v3", Fold(Enqueued, Started)),
        ("record.completed.v3", Fold(
            new JobEvent.Enqueued(Plain, T0) { At = T0 }, Started, new JobEvent.Completed(1, """{"sum":3}"""u8.ToArray()) { At = T0.AddMinutes(2) })),
        ("record.requested.v3", Fold(Enqueued with { Request = Asked }, Cancelled, Retried with { Request = new RequestId(long.MaxValue) })),
        ("record.kept.v4", Fold(Enqueued, Cancelled, Kept)),
        ("record.failed.v3", Fold(Enqueued, Started, Cancelled, Retried, new JobEvent.Failed(0, Error) { At = T0.AddMinutes(4) })),
        ("record.deferred.v4", Fold(EnqueuedTied)),
        ("record.keyed.v4", Fold(EnqueuedKeyed, Started, new JobEvent.Completed(1, """{"sum":3}"""u8.ToArray()) { At = T0.AddMinutes(2) })),
        ("record.tied.v4", Fold(
            EnqueuedTied, new JobEvent.DependentAdded(JobId.Parse("child")) { At = T0 }, new JobEvent.ParentEnded(JobId.Parse("parent"), JobStatus.Completed) { At = T0.AddMinutes(1) },
            Started, Cancelled)),
    ];

    public static TheoryData<string> Files => [.. Events.Select(e => e.File).Concat(Records.Select(r => r.File))];

    /// <summary>The files of the JSON formats 1 and 2, which nobody writes any more.</summary>
    public static TheoryData<string, int> FormerFiles
    {
        get
        {
            var files = new TheoryData<string, int>();
            foreach (var (file, _) in Records.Where(r => HasFormer(r.File)))
            {
                files.Add(FormerOf(file, 1), 1);
                files.Add(FormerOf(file, 2), 2);
            }

            return files;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_bytes_are_what_they_were(string file) =>
        AssertSame(file, Events.Where(e => e.File == file).Select(e => JobWire.Encode(e.Event).Payload)
            .Concat(Records.Where(r => r.File == file).Select(r => JobWire.EncodeRecord(r.State))).Single());

    [Theory]
    [MemberData(nameof(Files))]
    public void Bytes_that_older_versions_wrote_are_read(string file)
    {
        var stored = StoredBytes(file).AsMemory();
        foreach (var (_, e) in Events.Where(e => e.File == file))
        {
            Assert.Equal(e, JobWire.DecodeEvent(JobWire.Encode(e).Type, stored));
        }

        foreach (var (_, state) in Records.Where(r => r.File == file))
        {
            Assert.Equal(state, JobWire.DecodeRecord(stored, state.History!.Spec.Id));
        }
    }

    [Theory]
    [MemberData(nameof(FormerFiles))]
    public void Records_of_the_JSON_formats_are_read(string file, int format)
    {
        var stored = StoredBytes(file);

        Assert.StartsWith($"{{\"v\":{format},", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        Assert.Equal(Records.Single(r => FormerOf(r.File, format) == file).State, JobWire.DecodeRecord(stored, format == 1 ? null : Plain.Id));
    }

    [Fact]
    public void The_type_names_are_what_they_were() => Assert.Equal(
        [
            "job.attempt-failed.v1", "job.attempt-lost.v1", "job.attempt-started.v1", "job.cancelled.v1", "job.completed.v1", "job.deleted.v1",
            "job.dependent-added.v1", "job.enqueued.v1", "job.failed.v1", "job.kept.v1", "job.key-released.v1", "job.notes-delivered.v1", "job.parent-ended.v1", "job.retried.v1",
        ],
        Events.Select(e => JobWire.Encode(e.Event).Type).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_golden_file_has_a_test() => Assert.Equal(
        Events.Select(e => e.File).Concat(Records.SelectMany(r => HasFormer(r.File) ? new[] { r.File, FormerOf(r.File, 1), FormerOf(r.File, 2) } : [r.File])).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Path.GetDirectoryName(PathOf("x"))!).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    private static bool HasFormer(string file) => file.EndsWith(".v3", StringComparison.Ordinal);

    private static string FormerOf(string file, int format) => file.Replace(".v3", format == 1 ? "" : $".v{format}", StringComparison.Ordinal);

    // Packed bytes stand in their file as hexadecimal digits, so that a difference can be looked at.
    private static bool IsPacked(string file) => file.EndsWith(".v3", StringComparison.Ordinal) || file.EndsWith(".v4", StringComparison.Ordinal);

    private static byte[] StoredBytes(string file) =>
        IsPacked(file) ? Convert.FromHexString(File.ReadAllText(PathOf(file)).TrimEnd()) : File.ReadAllBytes(PathOf(file));

    private static void AssertSame(string file, byte[] bytes)
    {
        var path = PathOf(file);
        var text = (IsPacked(file) ? Convert.ToHexStringLower(bytes) : Encoding.UTF8.GetString(bytes)) + "\n";
        if (Environment.GetEnvironmentVariable("FP_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text); // the decision: look at the difference before you commit it
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    private static JobState Fold(params JobEvent[] events) => events.Aggregate((JobState)JobState.None, JobLifecycle.Evolve);

    private static string PathOf(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlowerPower.Actors.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? ".", "tests", "FlowerPower.Storage.Contracts", "Wire", "golden", file + (IsPacked(file) ? ".hex" : ".json"));
    }
}
