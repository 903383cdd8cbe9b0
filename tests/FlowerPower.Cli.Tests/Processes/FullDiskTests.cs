using System.Diagnostics;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Processes;

/// <summary>A disk that is really full, which takes a Linux that lets a test mount one; the store's and the node's tests pretend one anywhere.</summary>
public sealed class FullDiskTests
{
    private const string NoSpace = "has no space left on its disk";

    [Fact]
    public async Task A_full_disk_is_named_and_loses_nothing_and_a_worker_on_it_can_be_stopped()
    {
        using var project = new TempProject().WithGated().WithHello();
        using var gate = new Gate();
        using var disk = await SmallDisk.MountAsync(project);
        using (var worker = ToolProcess.StartOn(disk, project, "queue", "worker", "start"))
        {
            await worker.LineAsync("Serving");
            Assert.Equal(ExitCodes.Done, await RunAsync("queue", "enqueue", "gated", "--id", "kept", "--inputs", $"gate={gate.Path}"));
            using (var job = await gate.ArrivalAsync())
            {
                await disk.FillAsync();
                await job.ReleaseAsync("lost in transit");
                Assert.Contains(NoSpace, await worker.LineAsync("warning: Jobs wait for their store"), StringComparison.Ordinal);
            }

            using (var refused = ToolProcess.StartOn(disk, project, "queue", "enqueue", "hello", "--id", "refused"))
            {
                Assert.Contains(NoSpace, await refused.LineAsync("error: Job refused waits for its store"), StringComparison.Ordinal);
                Assert.Equal(ExitCodes.Failed, await refused.ExitAsync());
            }

            // Without its eye on the store it would wait for 30 s of orderly end, and 5 s for what it hands back.
            var asked = Stopwatch.GetTimestamp();
            worker.Signal(ToolProcess.Terminate);
            Assert.Equal(ExitCodes.Done, await worker.ExitAsync());
            Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(25));
        }

        await disk.FillAsync(); // the worker's end gave back what its write-ahead log had
        foreach (var command in (string[][])[["queue", "enqueue", "hello"], ["queue", "run", "hello"], ["queue", "worker", "start"]])
        {
            using var tool = ToolProcess.StartOn(disk, project, command);
            await tool.LineAsync("no space left on");
            Assert.Equal(ExitCodes.Failed, await tool.ExitAsync());
        }

        await disk.MakeRoomAsync();
        using var next = ToolProcess.StartOn(disk, project, "queue", "worker", "start", "--burst");
        using (var job = await gate.ArrivalAsync())
        {
            await job.ReleaseAsync("here it is");
            Assert.Contains("2 in all", await next.LineAsync("completed gated kept"), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCodes.Done, await next.ExitAsync());
        using var result = ToolProcess.StartOn(disk, project, "queue", "result", "id=kept");
        await result.LineAsync("here it is");

        async Task<int> RunAsync(params string[] arguments)
        {
            using var tool = ToolProcess.StartOn(disk, project, arguments);
            return await tool.ExitAsync();
        }
    }
}
