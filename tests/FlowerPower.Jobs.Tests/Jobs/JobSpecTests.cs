using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class JobSpecTests
{
    [Fact]
    public void Two_specs_with_the_same_content_are_equal()
    {
        Assert.Equal(Full(), Full());
        Assert.Equal(Full().GetHashCode(), Full().GetHashCode());
        Assert.NotEqual(Full(), Full() with { RunConfigJson = """{"a":2}"""u8.ToArray() });
        Assert.NotEqual(Full(), Full() with { Tags = ["x"] });
        Assert.NotEqual(Full(), Full() with { Metadata = new Dictionary<string, string> { ["owner"] = "bob" } });
        Assert.NotEqual(Full(), Full() with { Priority = JobPriority.Low });
    }

    [Fact]
    public void A_spec_outside_its_range_cannot_be_made()
    {
        AssertNames("time-out", () => Spec with { Timeout = TimeSpan.Zero });
        AssertNames("time-out", () => Spec with { Timeout = -Second });
        AssertNames("result retention", () => Spec with { ResultRetention = TimeSpan.Zero });
        AssertNames("failure retention", () => Spec with { FailureRetention = -Second });
        AssertNames("pipeline", () => Spec with { Pipeline = "" });
        AssertNames("queue", () => Spec with { Queue = "" });
        AssertNames("priority", () => Spec with { Priority = 0 });
        AssertNames("priority", () => Spec with { Priority = (JobPriority)4 });
    }

    [Fact]
    public void An_error_names_at_least_one_type() => Assert.Throws<ArgumentException>(() => new JobError([], "It broke."));

    [Fact]
    public void A_huge_error_is_cut_to_what_can_be_stored()
    {
        var error = new JobError(["IOException"], new string('m', 1_000_000), new string('d', 1_000_000));

        Assert.Equal(JobError.MaxMessageLength, error.Message.Length);
        Assert.Equal(JobError.MaxDetailLength, error.Detail!.Length);
        Assert.Equal(error, new JobError(error.Types, error.Message, error.Detail));
    }

    private static JobSpec Full() => Spec with
    {
        RunConfigJson = """{"a":1}"""u8.ToArray(),
        Tags = ["x", "y"],
        Metadata = new Dictionary<string, string> { ["owner"] = "ada" },
        Retry = new RetryPolicy { Exceptions = ["IOException"] },
        Timeout = Minute,
    };

    private static void AssertNames(string what, Func<JobSpec> make) =>
        Assert.Contains(what, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);
}
