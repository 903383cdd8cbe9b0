using FlowerPower.Jobs;
using FlowerPower.Node.Jobs;
using FlowerPower.Storage;

namespace FlowerPower.Node.Tests.Jobs;

public sealed class StopNoteTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fp-").FullName;

    [Fact]
    public async Task A_job_whose_workers_stopped_in_order_while_their_store_was_full_is_not_taken_for_what_kills_them()
    {
        var faults = new FullStore();
        var store = new InMemoryShardStore(2, faults);
        JobId id = default;
        for (var stop = 0; stop <= JobLifecycle.MaxCrashes; stop++)
        {
            var executor = new ScriptedExecutor().On("job", _ => new TaskCompletionSource<string>().Task);
            var node = await StartAsync(executor, store);
            id = stop == 0 ? await node.EnqueueAsync("job") : id;
            await executor.NextStartAsync();
            faults.IsFull = true;
            await node.DisposeAsync();
            faults.IsFull = false;
        }

        await using var last = await StartAsync(new ScriptedExecutor().On("job", _ => Task.FromResult("{}")), store);
        var job = await last.EndAsync(id);

        Assert.Equal(JobStatus.Completed, job.Status);
        Assert.All(job.History.Where(step => step.Status == JobStatus.Pending).Skip(1), step => Assert.Equal("the worker handed it back", step.Note));
    }

    [Fact]
    public void A_worker_that_did_not_stop_is_taken_for_dead_and_its_note_is_cleared_away()
    {
        var (killed, next) = (new WorkerId("one"), new WorkerId("two"));
        _ = new StopNotes(folder, killed);

        var notes = new StopNotes(folder, next);

        Assert.False(notes.HasStopped(killed));
        Assert.False(notes.HasStopped(next));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void A_note_stays_until_a_later_worker_has_written_everything()
    {
        var workers = Enumerable.Range(0, 4).Select(i => new WorkerId($"a/b-{i}")).ToList();
        new StopNotes(folder, workers[0]).Stop(isAllWritten: false);
        new StopNotes(folder, workers[1]).Stop(isAllWritten: false);

        var third = new StopNotes(folder, workers[2]);
        Assert.True(third.HasStopped(workers[0]));
        Assert.True(third.HasStopped(workers[1]));
        third.Stop(isAllWritten: true);

        var fourth = new StopNotes(folder, workers[3]);
        Assert.False(fourth.HasStopped(workers[0]));
        Assert.True(fourth.HasStopped(workers[2]));
    }

    [Fact]
    public void Without_a_folder_nobody_is_known_to_have_stopped()
    {
        foreach (var nowhere in new[] { null, Path.Combine(folder, "missing") })
        {
            var worker = new WorkerId("one");
            new StopNotes(nowhere, worker).Stop(isAllWritten: false);

            Assert.False(new StopNotes(nowhere, new WorkerId("two")).HasStopped(worker));
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<TestNode> StartAsync(ScriptedExecutor executor, IShardStore store) => TestNode.StartAsync(
        executor,
        new NodeOptions
        {
            WorkerSlots = 1,
            DrainTimeout = TimeSpan.Zero,
            HandBackTimeout = TimeSpan.FromMilliseconds(200),
            NotesFolder = folder,
        },
        store);

    private sealed class FullStore : IStoreFaults
    {
        public volatile bool IsFull;

        public void Reached(StoreStep step, StoreOperation operation, int shard)
        {
            if (IsFull && step == StoreStep.BeforeWrite)
            {
                throw new StoreUnavailableException("there is no room");
            }
        }
    }
}
