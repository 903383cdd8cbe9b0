namespace FlowerPower.Actors.Tests.Kernel;

public sealed class PipeTests
{
    [Fact]
    public void A_tasks_result_becomes_a_message_while_the_actor_goes_on()
    {
        var sim = new Sim();
        var work = new TaskCompletionSource<int>();
        var seen = Piping(sim, work.Task, out var actor);
        actor.Tell("other");
        sim.Run();

        work.SetResult(5);
        sim.Run();

        Assert.Equal(["go", "other", "done 5"], seen);
    }

    [Fact]
    public void A_tasks_failure_becomes_a_message()
    {
        var sim = new Sim();
        var seen = Piping(sim, Task.FromException<int>(new Boom("lost")), out _);
        sim.Run();

        Assert.Equal(["go", "failed lost"], seen);
    }

    [Fact]
    public void A_cancelled_task_is_a_failure_too()
    {
        var sim = new Sim();
        var seen = Piping(sim, Task.FromCanceled<int>(new CancellationToken(true)), out _);
        sim.Run();

        Assert.StartsWith("failed", (string)seen[1]);
    }

    [Fact]
    public void A_result_for_a_former_incarnation_is_counted_and_not_delivered()
    {
        var sim = new Sim();
        var work = new TaskCompletionSource<int>();
        var seen = Piping(sim, work.Task, out var actor);
        actor.Tell("fail");
        sim.RunFor(1);

        work.SetResult(5);
        sim.Run();

        Assert.Equal(["go", "fail"], seen);
        Assert.Equal(1, sim.Dead(DeadLetterReason.FormerIncarnation));
    }

    [Fact]
    public void A_mapping_that_throws_is_a_failure_of_the_actor()
    {
        var sim = new Sim();
        var actor = sim.Spawn((context, _) => context.PipeToSelf<int>(Task.FromResult(1), _ => throw new Boom("mapping"), e => e));
        actor.Tell("go");

        sim.Run();

        Assert.Contains(sim.Events, e => e.Kind == ActorEventKind.Failed && e.Error is Boom);
    }

    private static List<object> Piping(Sim sim, Task<int> task, out ActorRef actor)
    {
        List<object> seen = [];
        actor = sim.Spawn((context, message) =>
        {
            seen.Add(message);
            if (message is "go")
            {
                context.PipeToSelf(task, value => $"done {value}", error => $"failed {error.Message}");
            }
            else if (message is "fail")
            {
                throw new Boom();
            }
        });
        actor.Tell("go");
        return seen;
    }
}
