using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>A node that is alone with its store, SQLite or Redis, and has a socket for the machine's other processes.</summary>
public sealed class EmbeddedNode : IAsyncDisposable
{
    /// <summary>Enough to keep two processors' commits busy; on one machine more of them only make smaller batches.</summary>
    private const int Shards = 8;

    private readonly JobNode node;
    private readonly LocalEndpoint endpoint;
    private readonly TaskCompletionSource stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EmbeddedNode(JobNode node, QueuePlace place)
    {
        this.node = node;
        endpoint = LocalEndpoint.Start(
            place.SocketPath, node.Queue, node.Name, () => stopRequested.TrySetResult(), node.Parts.Warn, node.Parts.Options.Time);
    }

    /// <summary>The node's jobs, without a socket in between.</summary>
    public IJobQueue Queue => node.Queue;

    /// <summary>This incarnation's name.</summary>
    public string Name => node.Name;

    /// <summary>Jobs that can run at once here, whosever they are.</summary>
    public int WorkerSlots => node.WorkerSlots;

    /// <summary>Run this many jobs at once from now on; those beyond it finish.</summary>
    /// <param name="slots">0 to 100,000.</param>
    public void SetWorkerSlots(int slots) => node.SetWorkerSlots(slots);

    /// <summary>
    /// Runs this job here until it has ended, even if the node has no worker slots; jobs that nobody asked it to run it then leaves alone.
    /// </summary>
    /// <param name="id">A job of this node; one that does not exist is forgotten at once.</param>
    public void RunHere(JobId id) => node.RunHere(id);

    /// <summary>Takes no more work, and gives back what runs, at once: an end in a hurry, before or while the node is disposed.</summary>
    public void HandBackRunning() => node.HandBackRunning();

    /// <summary>Done when another process asks the node to stop; whoever started it then disposes it.</summary>
    public Task StopRequested => stopRequested.Task;

    /// <summary>Opens the place's store (makes it if there is none), recovers its jobs, and begins to work.</summary>
    /// <param name="holder">What this process is, for others that find the store held: a command line, an application's name.</param>
    /// <exception cref="StoreRefusedException">Another process holds the store; the message names it.</exception>
    /// <exception cref="StoreCorruptException">The store cannot be read; the message says what to do.</exception>
    /// <exception cref="StoreUnavailableException">The disk is full, or Redis does not answer.</exception>
    public static async Task<EmbeddedNode> StartAsync(
        QueuePlace place, string holder, IJobExecutor executor, EmbeddedOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EmbeddedOptions();
        MakePrivate(place.Folder);
        RedisLease? lease = null;
        IShardStore store;
        var nodeOptions = options.Node with { NotesFolder = place.Folder }; // the store is held before the notes are read
        if (place.Redis is null)
        {
            store = await OpenSqliteAsync(place, holder, options, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            nodeOptions = nodeOptions with { RepairWindow = RedisServing.RepairWindow };
            (store, lease) = await RedisServing.OpenAsync(place, holder, nodeOptions, cancellationToken).ConfigureAwait(false);
        }

        JobNode node;
        try
        {
            node = await JobNode.StartAsync(store, executor, nodeOptions, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        try
        {
            var embedded = new EmbeddedNode(node, place);
            lease?.Listen(embedded.Heard);
            return embedded;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<IShardStore> OpenSqliteAsync(
        QueuePlace place, string holder, EmbeddedOptions options, CancellationToken cancellationToken) =>
        await SqliteShardStore.OpenAsync(
            new SqliteStoreOptions
            {
                Path = place.HoldFile,
                ShardCount = Shards,
                Synchronous = options.Synchronous,
                HolderName = holder,
            },
            cancellationToken).ConfigureAwait(false);

    private void Heard(LeaseEvent what)
    {
        if (what == LeaseEvent.Lost)
        {
            node.Parts.Warn("Another node serves this store now, so this one stops; the jobs that it ran run there again.");
            stopRequested.TrySetResult();
        }
        else
        {
            node.Parts.Warn("Redis was restarted or replaced, and may have lost what it acknowledged last: the histories of all shards are compared with it.");
            node.CompareHistories();
        }
    }

    /// <summary>Inputs and results are nobody else's business.</summary>
    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not ours, or not writable: if it matters, opening the store says so with the remedy.
        }
    }

    /// <summary>Stops in order: no new requests, running jobs finished or handed back, records written, database closed.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await endpoint.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>What an embedded node is made with.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>The node's own options.</summary>
    public NodeOptions Node { get; init; } = new();

    /// <summary>What an acknowledgement survives: <c>Normal</c> a killed process, <c>Full</c> a power cut as well.</summary>
    public SqliteSynchronous Synchronous { get; init; } = SqliteSynchronous.Normal;
}
