using System.Collections.Concurrent;
using FlowerPower.Jobs;
using FlowerPower.Node;
using FlowerPower.Node.Workers;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>A backend by name: how a project's jobs are reached. Subclass it and register it to add another.</summary>
public abstract class QueueAdapter
{
    private static readonly ConcurrentDictionary<string, QueueAdapter> Registered = new(StringComparer.OrdinalIgnoreCase)
    {
        [ActorsAdapter.AdapterName] = new ActorsAdapter(),
    };

    /// <summary>The backend that is used where none is named.</summary>
    public const string Default = ActorsAdapter.AdapterName;

    /// <summary>The names that <see cref="Get"/> knows, sorted.</summary>
    public static IReadOnlyList<string> Names => [.. Registered.Keys.Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The backend's name; not empty.</summary>
    public abstract string Name { get; }

    /// <summary>Reach the project's queue.</summary>
    /// <param name="options">What the caller wants of it.</param>
    /// <exception cref="QueueUnavailableException">It cannot be reached; the message says why and what to do.</exception>
    public abstract Task<IJobQueue> OpenAsync(FlowerPowerProject project, QueueOptions options, CancellationToken cancellationToken = default);

    /// <summary>Make a backend known by its name; one of the same name is replaced.</summary>
    public static void Register(QueueAdapter adapter) => Registered[adapter.Name] = adapter;

    /// <summary>The backend of a name; upper and lower case do not matter.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those that there are.</exception>
    public static QueueAdapter Get(string name) =>
        Registered.TryGetValue(name, out var adapter)
            ? adapter
            : throw new ArgumentException($"There is no backend '{name}'. Known: {string.Join(", ", Names)}.", nameof(name));
}

/// <summary>What a caller wants of a queue.</summary>
public sealed record QueueOptions
{
    /// <summary>Jobs to run at once in this process; 0: none. More than 0 needs the queue for itself.</summary>
    public int WorkerSlots { get; init; }

    /// <summary>
    /// The Redis that keeps the jobs, as <see cref="Storage.RedisAddress"/> writes it; <see langword="null"/>: the one that
    /// <c>conf/project.yml</c> names, else a SQLite database in the project's state folder.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>
    /// The cluster that keeps and runs the jobs; no node is started in this process then. <see langword="null"/>: the one that
    /// <c>conf/project.yml</c> names, if it names one and <see cref="Redis"/> is not set. Not together with <see cref="Redis"/>.
    /// </summary>
    public ClusterClientOptions? Cluster { get; init; }

    /// <summary>The queues that these workers serve; <see langword="null"/>: all.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>What this process is, for others that find the queue held by it; not empty.</summary>
    public string Holder { get; init; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) ?? "an application";

    /// <summary>How long a stop waits for running jobs; zero to 49 days.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a wait for a job goes on after the node that served the project went away, while nobody serves it or holds its database;
    /// zero or more.
    /// </summary>
    public TimeSpan NodeReturnTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where what operators should know goes; one sentence each.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Where it goes who deleted what, one line for each job that is deleted in this process's node: no history tells it.</summary>
    public Action<string>? OnDeleted { get; init; }

    /// <summary>
    /// Told of each attempt that ended in this process, once its outcome is stored (or is known not to be); one at a time. If it throws, that is
    /// a warning, and the attempt's outcome is what it was.
    /// </summary>
    public Action<AttemptReport>? OnAttemptEnded { get; init; }
}
