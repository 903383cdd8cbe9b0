using System.Text;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Contracts.Wire;

/// <summary>Jobs' events and states with everything in them that the types allow, from a seed.</summary>
internal sealed class RandomJobs(int seed)
{
    private static readonly string[] Texts =
    [
        "", "a", "hello world", "größe €", "🌻🌻", "\"quoted\" \\ / \b\f\n\r\t", "\u0001\u001f\u007f\u2028", "<b>&amp;'+</b>", "{\"at\":1}",
        new string('x', 3_000),
    ];

    private static readonly string[] Values =
    [
        "{}", "null", "true", "-0.5e+10", "\"text \\u00e9\"", "[]", "[1,2,[3]]", "{\"a\":{\"b\":[null,\"ü\"]},\"a\":2}",
        "12345678901234567890123",
    ];

    private readonly Random random = new(seed);

    public JobEvent Event() => random.Next(14) switch
    {
        0 => new JobEvent.Enqueued(Spec(), Instant(), Request()) { At = Instant() },
        1 => new JobEvent.AttemptStarted(Count(), Grant(), Worker(), Maybe(Instant())) { At = Instant() },
        2 => new JobEvent.AttemptFailed(Count(), Error(), Instant()) { At = Instant() },
        3 => new JobEvent.AttemptLost(Count(), Worker(), Coin()) { At = Instant() },
        4 => new JobEvent.Completed(Count(), Coin() ? Json() : default) { At = Instant() },
        5 => new JobEvent.Failed(Count(), Error()) { At = Instant() },
        6 => new JobEvent.Cancelled(Text(), Coin() ? Text() : null) { At = Instant() },
        7 => new JobEvent.DependentAdded(Id()) { At = Instant() },
        8 => new JobEvent.ParentEnded(Id(), Outcome()) { At = Instant() },
        9 => new JobEvent.NotesDelivered([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(1, 100))]) { At = Instant() },
        10 => new JobEvent.KeyReleased { At = Instant() },
        11 => new JobEvent.Kept(Text(), Instant()) { At = Instant() },
        12 => new JobEvent.Deleted(Text()) { At = Instant() },
        _ => new JobEvent.Retried(Text(), Request()) { At = Instant() },
    };

    public JobState State()
    {
        JobState state = random.Next(4) switch
        {
            3 => new JobState.Deferred(Trail() with { Links = Links() }, Instant()),
            0 => new JobState.Waiting(Trail(), Instant(), Coin() ? Error() : null),
            1 => new JobState.Running(Trail(), Count(), Grant(), Worker(), Instant(), Maybe(Instant())),
            _ => new JobState.Finished(
                Trail(), (JobStatus)random.Next(5, 8), Instant(), Coin() ? Json() : default, Coin() ? Error() : null)
            {
                KeptUntil = Maybe(Instant()),
            },
        };
        return state with { Version = random.NextInt64(1, long.MaxValue) };
    }

    private JobId Id() => JobId.Parse($"job-{random.Next(1_000)}");

    private JobStatus Outcome() => (JobStatus)random.Next(5, 8);

    private JobLinks Links()
    {
        var links = new JobLinks(
            [.. Enumerable.Range(0, random.Next(3)).Select(_ => Id()).Distinct()], [.. Enumerable.Range(0, random.Next(3)).Select(_ => Id())], [], random.Next(5));
        return links.Telling(JobNoteKind.Subscribe, links.Awaits).Telling(JobNoteKind.Ended, links.Dependents, Outcome());
    }

    private JobCallback Callback() => new("c" + Text()) { RunConfigJson = Encoding.UTF8.GetBytes($$"""{"inputs":{{Values[random.Next(Values.Length)]}}}""") };

    public JobSpec Spec()
    {
        var spec = new JobSpec { Id = JobId.Parse($"job-{random.Next()}"), Pipeline = "p" + Text() };
        var key = Coin() ? "k" + Text() : null;
        return Coin() ? spec : spec with
        {
            Id = key is null ? spec.Id : JobId.ForKey(key, DateTimeOffset.UnixEpoch, new byte[10]),
            UniqueKey = key,
            UniqueFor = Coin() ? Length() : null,
            Project = Text(),
            RunConfigJson = Encoding.UTF8.GetBytes($$"""{"inputs":{{Values[random.Next(Values.Length)]}}}"""),
            Queue = "q" + Text(),
            Priority = (JobPriority)random.Next(1, 4),
            Retry = Coin() ? RetryPolicy.Default : new RetryPolicy
            {
                MaxRetries = random.Next(100),
                Delay = Length(),
                JitterFactor = Coin() ? random.NextDouble() * 1e10 : 0.1,
                MaxDelay = Length(),
                Exceptions = Coin() ? ["Exception"] : Many(Text),
            },
            Timeout = Coin() ? Length() : null,
            ExpiresAt = Maybe(Instant()),
            ResultRetention = Length(),
            FailureRetention = Length(),
            Description = Coin() ? Text() : null,
            Tags = Many(Text),
            Metadata = Many(Text).Distinct().ToDictionary(name => name, _ => Text()),
            DependsOn =
            [
                .. Enumerable.Range(0, random.Next(3)).Select(_ => Id()).Distinct()
                    .Select(id => new JobDependency(id, Coin()) { Inputs = Many(Text).Distinct().ToDictionary(name => name, _ => Text()) }),
            ],
            OnSuccess = Coin() ? Callback() : null,
            OnFailure = Coin() ? Callback() : null,
        };
    }

    private JobTrail Trail() => TrailOf(Spec()) with { Links = Coin() ? Links() : null, HoldsKey = Coin() };

    private JobTrail TrailOf(JobSpec spec) => new(
        spec, Instant(), random.Next(4), random.Next(4), random.Next(4), [.. Enumerable.Range(0, random.Next(1, 65)).Select(_ => Step())],
        random.Next(3), random.Next(3));

    private JobTransition Step() => new(
        Instant(), (JobStatus)random.Next(1, 8), random.Next(3), Coin() ? Text() : null, Coin() ? Text() : null, Coin() ? Grant() : null, Request());

    private JobError Error() => new([.. Many(Text), "Exception"], Text(), Coin() ? Text() : null);

    private ReadOnlyMemory<byte> Json() => Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]);

    private DateTimeOffset Instant() => random.Next(10) switch
    {
        0 => DateTimeOffset.MinValue,
        1 => DateTimeOffset.MaxValue,
        _ => new DateTimeOffset(random.NextInt64(DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero),
    };

    private TimeSpan Length() => random.Next(10) == 0 ? TimeSpan.MaxValue : TimeSpan.FromTicks(random.NextInt64(1, TimeSpan.MaxValue.Ticks));

    private GrantId Grant() => new("g" + Text());

    private RequestId? Request() => Coin() ? new RequestId(random.NextInt64()) : null;

    private WorkerId Worker() => new("w" + Text());

    private string Text() => Texts[random.Next(Texts.Length)];

    private List<string> Many(Func<string> make) => [.. Enumerable.Range(0, random.Next(3)).Select(_ => make())];

    private DateTimeOffset? Maybe(DateTimeOffset instant) => Coin() ? instant : null;

    private int Count() => random.Next(0, int.MaxValue);

    private bool Coin() => random.Next(2) == 0;
}
