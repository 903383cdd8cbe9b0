using FlowerPower.Jobs;
using FlowerPower.Node.Local;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node;

/// <summary>A node of one machine: SQLite in a state folder, and a socket there for the machine's other processes.</summary>
public sealed class EmbeddedNode : IAsyncDisposable
{
    /// <summary>Enough to keep two processors' commits busy; on one machine more of them only make smaller batches.</summary>
    private const int Shards = 8;

    private readonly JobNode node;
    private readonly LocalEndpoint endpoint;
    private readonly TaskCompletionSource stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EmbeddedNode(JobNode node, string stateFolder)
    {
        this.node = node;
        endpoint = LocalEndpoint.Start(
            LocalAddress.SocketPath(stateFolder), node.Queue, node.Name, () => stopRequested.TrySetResult(), node.Parts.Warn, node.Parts.Options.Time);
    }

    /// <summary>The node's jobs, without a socket in between.</summary>
    public IJobQueue Queue => node.Queue;

    /// <summary>This incarnation's name.</summary>
    public string Name => node.Name;

    /// <summary>Jobs that can run at once here.</summary>
    public int WorkerSlots => node.WorkerSlots;

    /// <summary>Run this many jobs at once from now on; those beyond it finish.</summary>
    /// <param name="slots">0 to 100,000.</param>
    public void SetWorkerSlots(int slots) => node.SetWorkerSlots(slots);

    /// <summary>Takes no more work, and gives back what runs, at once: an end in a hurry, before or while the node is disposed.</summary>
    public void HandBackRunning() => node.HandBackRunning();

    /// <summary>Done when another process asks the node to stop; whoever started it then disposes it.</summary>
    public Task StopRequested => stopRequested.Task;

    /// <summary>The file that holds a state folder's jobs.</summary>
    public static string DatabasePath(string stateFolder) => Path.Combine(stateFolder, "jobs.db");

    /// <summary>Opens the folder's database (makes it if there is none), recovers its jobs, and begins to work.</summary>
    /// <param name="holder">What this process is, for others that find the database held: a command line, an application's name.</param>
    /// <exception cref="StoreRefusedException">Another process holds the database; the message names it.</exception>
    /// <exception cref="StoreCorruptException">The database cannot be read; the message says what to do.</exception>
    public static async Task<EmbeddedNode> StartAsync(
        string stateFolder, string holder, IJobExecutor executor, EmbeddedOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EmbeddedOptions();
        MakePrivate(stateFolder);
        var path = DatabasePath(stateFolder);
        var store = await SqliteShardStore.OpenAsync(
            new SqliteStoreOptions
            {
                Path = path,
                ShardCount = Shards,
                Synchronous = options.Synchronous,
                HolderName = holder,
            },
            cancellationToken).ConfigureAwait(false);
        JobNode node;
        try
        {
            node = await JobNode.StartAsync(store, executor, options.Node, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        try
        {
            return new EmbeddedNode(node, stateFolder);
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
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
