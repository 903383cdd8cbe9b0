using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Tests.Workers;

public sealed class PermanentFailureTests
{
    public static TheoryData<string, Exception, bool> Errors => new()
    {
        { "code", new PipelineCompileException("p", ["p.cs(1,1): no"]), true },
        { "graph", new GraphException("The pipeline cannot run", ["Input 'name' is missing."]), true },
        { "project", new ProjectException("Pipeline 'p' has a configuration but no code."), true },
        { "disk", new ProjectException("p.cs cannot be read", new IOException("Input/output error")), false },
        { "rights", new ProjectException("p.cs cannot be read", new UnauthorizedAccessException("no")), false },
        { "node", new NodeFailedException("answer", new InvalidOperationException("not now")), false },
        { "node's own project", new NodeFailedException("answer", new ProjectException("its own business")), false },
        { "other", new InvalidOperationException("who knows"), false },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Only_what_is_certain_to_fail_again_is_not_tried_again(string name, Exception error, bool isPermanent)
    {
        var executor = new ScriptedExecutor().On("job", _ => Task.FromException<string>(error));
        await using var node = await TestNode.StartAsync(executor);

        var id = await node.EnqueueAsync("job", "one", spec => spec with { Retry = new RetryPolicy { MaxRetries = 2, Delay = TimeSpan.Zero } });
        var job = await node.EndAsync(id);

        Assert.True(job.Attempts == (isPermanent ? 1 : 3), $"{name}: {job.Attempts} attempts");
        Assert.Equal(JobStatus.Failed, job.Status);
    }

    [Fact]
    public async Task A_result_without_a_JSON_form_is_not_computed_again()
    {
        var executor = new ScriptedExecutor().On("job", _ => Task.FromResult("this is no JSON"));
        await using var node = await TestNode.StartAsync(executor);

        var id = await node.EnqueueAsync("job", "one", spec => spec with { Retry = new RetryPolicy { MaxRetries = 2, Delay = TimeSpan.Zero } });
        var job = await node.EndAsync(id);

        Assert.Equal((1, "ResultRefused"), (job.Attempts, job.Error?.Type));
    }
}
