using System.Text;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Cluster;

/// <summary>What a job says and saves that runs on one node, belongs to a second and is watched from a third.</summary>
public sealed class ClusterRunningJobTests
{
    [Fact]
    public async Task Lines_checkpoints_and_snoozes_travel_between_nodes()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);
        await rig.StartAsync("w", MemberRoles.Worker, slots: 2);
        rig.Executor.On("talk", async run =>
        {
            run.Job.Log($"attempt {run.Attempt} had {Encoding.UTF8.GetString(run.Job.Checkpoint.Span)}");
            await run.Job.SaveCheckpointAsync(Encoding.UTF8.GetBytes($"{run.Attempt}"), run.Cancelled);
            return run.Attempt == 1 ? throw new SnoozeException(TimeSpan.FromMilliseconds(20)) : "{}";
        });

        foreach (var id in await ClusterRig.EnqueueAsync(a.Queue, 6, "talk"))
        {
            var lines = new List<JobLogLine>();
            await foreach (var line in a.Queue.LogsAsync(id, follow: true))
            {
                lines.Add(line);
            }

            var job = await rig.EndAsync(b.Queue, id);
            Assert.Equal((JobStatus.Completed, 2, 1), (job.Status, job.Attempts, job.AttemptsThisRound));
            Assert.Equal(["attempt 1 had ", "attempt 2 had 1"], lines.Select(line => line.Text));
            Assert.Equal(lines, await ReadAsync(b.Queue, id));
        }
    }

    [Fact]
    public async Task A_reader_goes_on_with_the_node_that_a_jobs_shard_has_moved_to()
    {
        await using var rig = new ClusterRig();
        var a = await rig.StartAsync("a", MemberRoles.Queue);
        await rig.SettledAsync(a);
        var w = await rig.StartAsync("w", MemberRoles.Worker, slots: 8);
        var gates = new System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource>();
        rig.Executor.On("talk", async run =>
        {
            run.Job.Log("before");
            await gates.GetOrAdd(run.Spec.Id.Value, _ => new()).Task.WaitAsync(run.Cancelled);
            run.Job.Log("after");
            return "{}";
        });
        var ids = await ClusterRig.EnqueueAsync(w.Queue, 8, "talk");
        var readers = ids.Select(id => w.Queue.LogsAsync(id, follow: true).GetAsyncEnumerator()).ToList();
        foreach (var reader in readers)
        {
            Assert.True(await reader.MoveNextAsync().AsTask().Within("the first line"));
            Assert.Equal("before", reader.Current.Text);
        }

        var b = await rig.StartAsync("b", MemberRoles.Queue);
        await rig.SettledAsync(a, b);
        Assert.True(b.ShardsServed > 0);
        ids.ToList().ForEach(id => gates[id.Value].SetResult());

        foreach (var (reader, id) in readers.Zip(ids))
        {
            Assert.True(await reader.MoveNextAsync().AsTask().Within($"the second line of {id}"));
            Assert.Equal(("after", 2L, 0L), (reader.Current.Text, reader.Current.Number, reader.Current.DroppedBefore));
            Assert.False(await reader.MoveNextAsync().AsTask().Within("the end"));
            Assert.Equal(["before", "after"], (await ReadAsync(b.Queue, id)).Select(line => line.Text));
            await reader.DisposeAsync();
        }
    }

    private static async Task<List<JobLogLine>> ReadAsync(IJobQueue queue, JobId id)
    {
        var lines = new List<JobLogLine>();
        await foreach (var line in queue.LogsAsync(id))
        {
            lines.Add(line);
        }

        return lines;
    }
}
