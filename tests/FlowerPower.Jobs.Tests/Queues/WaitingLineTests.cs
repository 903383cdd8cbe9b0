using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

public sealed class WaitingLineTests
{
    private readonly WaitingLine line = new();

    [Fact]
    public void An_empty_line_hands_out_nothing()
    {
        Assert.Null(line.Take(null, T0));
        Assert.Null(line.Take(["default"], T0));
        Assert.Null(line.NextDueAt(T0));
        Assert.Equal(0, line.Count);
    }

    [Fact]
    public void A_higher_priority_goes_first_whatever_its_age()
    {
        line.Offer(Job("low", JobPriority.Low, age: 3));
        line.Offer(Job("medium", JobPriority.Medium, age: 2));
        line.Offer(Job("high", JobPriority.High, age: 1));

        Assert.Equal(["high", "medium", "low"], TakeAll(null));
    }

    [Fact]
    public void Of_one_priority_the_oldest_goes_first_and_then_the_smaller_id()
    {
        line.Offer(Job("c", age: 1));
        line.Offer(Job("b", age: 1));
        line.Offer(Job("z", age: 2));

        Assert.Equal(["z", "b", "c"], TakeAll(null));
    }

    [Fact]
    public void Age_and_priority_count_across_queues()
    {
        line.Offer(Job("a-young", queue: "a", age: 1));
        line.Offer(Job("b-old", queue: "b", age: 2));
        line.Offer(Job("c-high", JobPriority.High, queue: "c", age: 0));

        Assert.Equal(["c-high", "b-old", "a-young"], TakeAll(["a", "b", "c"]));
    }

    [Fact]
    public void A_worker_gets_only_jobs_of_the_queues_it_names()
    {
        line.Offer(Job("a", queue: "a", age: 2));
        line.Offer(Job("b", queue: "b", age: 1));

        Assert.Null(line.Take(["other"], T0));
        Assert.Null(line.Take([], T0));
        Assert.Equal("b", line.Take(["b"], T0)!.Value.Id.Value);
        Assert.Equal(1, line.Count);
    }

    [Fact]
    public void Who_wants_only_certain_jobs_gets_the_first_of_them_that_is_due_and_no_other()
    {
        line.Offer(Job("foreign", JobPriority.High, age: 9));
        line.Offer(Job("young", age: 1));
        line.Offer(Job("old", age: 2));
        line.Offer(Job("later", JobPriority.High, age: 3) with { DueAt = T0 + Minute });
        JobId[] only = [JobId.Parse("young"), JobId.Parse("later"), JobId.Parse("old"), JobId.Parse("not-there")];

        Assert.Null(line.Take(null, T0, []));
        Assert.Null(line.Take(["other"], T0, only));
        Assert.Equal("old", line.Take(null, T0, only)!.Value.Id.Value);
        Assert.Equal("later", line.Take(null, T0 + Minute, only)!.Value.Id.Value);
        Assert.Equal("young", line.Take(null, T0, only)!.Value.Id.Value);
        Assert.Null(line.Take(null, T0 + Minute, only));
        Assert.Equal(["foreign"], TakeAll(null));
    }

    [Fact]
    public void A_job_is_handed_out_from_its_due_time_on_and_then_by_its_age()
    {
        line.Offer(Job("later", age: 5) with { DueAt = T0 + Minute });
        line.Offer(Job("now", age: 1));

        Assert.Equal("now", line.Take(null, T0)!.Value.Id.Value);
        Assert.Null(line.Take(null, T0 + Minute - TimeSpan.FromTicks(1)));
        Assert.Equal(T0 + Minute, line.NextDueAt(T0));
        line.Offer(Job("now", age: 1));
        Assert.Equal("later", line.Take(null, T0 + Minute)!.Value.Id.Value);
    }

    [Fact]
    public void A_clock_that_is_set_back_hands_out_nothing_early()
    {
        line.Offer(Job("later") with { DueAt = T0 + Minute });
        Assert.Null(line.NextDueAt(T0 + Minute));

        Assert.Null(line.Take(null, T0));
        Assert.Equal(T0 + Minute, line.NextDueAt(T0));
        Assert.NotNull(line.Take(null, T0 + Minute));
    }

    [Fact]
    public void Offering_a_job_again_replaces_its_entry()
    {
        line.Offer(Job("a", JobPriority.Low, queue: "old"));
        line.Offer(Job("a", JobPriority.High, queue: "new"));

        Assert.Equal(1, line.Count);
        Assert.Null(line.Take(["old"], T0));
        Assert.Equal(Job("a", JobPriority.High, queue: "new"), line.Take(null, T0));
        Assert.Equal(0, line.Count);
    }

    [Fact]
    public void A_withdrawn_job_is_not_handed_out()
    {
        line.Offer(Job("a", age: 2));
        line.Offer(Job("b", age: 1));
        line.Offer(Job("c") with { DueAt = T0 + Minute });

        Assert.True(line.Withdraw(JobId.Parse("a")));
        Assert.True(line.Withdraw(JobId.Parse("c")));
        Assert.False(line.Withdraw(JobId.Parse("a")));

        Assert.False(line.Contains(JobId.Parse("a")));
        Assert.Equal(["b"], TakeAll(null));
        Assert.Null(line.NextDueAt(T0));
    }

    [Fact]
    public void A_job_without_id_queue_or_priority_cannot_wait()
    {
        Assert.Throws<ArgumentException>(() => line.Offer(Job("a") with { Id = default }));
        Assert.Throws<ArgumentException>(() => line.Offer(Job("a", queue: "")));
        Assert.Throws<ArgumentOutOfRangeException>(() => line.Offer(Job("a", priority: 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => line.Offer(Job("a", (JobPriority)4)));
        Assert.Equal(0, line.Count);
    }

    [Fact]
    public void The_line_lists_what_waits()
    {
        var jobs = new[] { Job("a"), Job("b", queue: "other"), Job("c") with { DueAt = T0 + Minute } };
        foreach (var job in jobs)
        {
            line.Offer(job);
        }

        Assert.Equal(jobs, line.Jobs.OrderBy(job => job.Id));
    }

    private static WaitingJob Job(string id, JobPriority priority = JobPriority.Medium, string queue = "default", int age = 0) =>
        new(JobId.Parse(id), queue, priority, EnqueuedAt: T0 - (age * Second), DueAt: T0 - (age * Second));

    private List<string> TakeAll(string[]? queues)
    {
        var taken = new List<string>();
        while (line.Take(queues, T0) is { } job)
        {
            taken.Add(job.Id.Value);
        }

        return taken;
    }
}
