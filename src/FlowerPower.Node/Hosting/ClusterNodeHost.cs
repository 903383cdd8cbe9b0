using FlowerPower.Actors.Transport;
using FlowerPower.Node.Workers;
using FlowerPower.Storage;

namespace FlowerPower.Node.Hosting;

/// <summary>A process that is a node of a cluster: one incarnation after the other until it is told to stop, and an endpoint that says how it is.</summary>
public sealed class ClusterNodeHost
{
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    /// <summary>Replaced once, it may have been its own former process that others took for alive; twice in so short a time, it is another one that lives.</summary>
    private static readonly TimeSpan ReplacedAgainWithin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ClusterNodeOptions options;
    private readonly IJobExecutor executor;
    private readonly Action<string> tell;
    private readonly TimeProvider time;
    private readonly Readiness readiness;
    private readonly Lock gate = new();
    private ClusterNode? current;
    private bool isHurried;
    private long? replacedAt;

    /// <param name="tell">Told what operators should know about the node's life; one sentence each; must not throw.</param>
    public ClusterNodeHost(ClusterNodeOptions options, IJobExecutor executor, Action<string> tell)
    {
        this.options = options;
        this.executor = executor;
        this.tell = tell;
        time = options.Node.Time;
        readiness = new Readiness(time);
    }

    /// <summary>Where the health endpoint listens, an IP address or <c>localhost</c>; <see langword="null"/>: there is none.</summary>
    public PeerAddress? Health { get; init; }

    /// <summary>For tests: how an incarnation starts.</summary>
    internal Func<CancellationToken, Task<ClusterNode>>? Start { get; init; }

    /// <summary>Told of each incarnation once it serves.</summary>
    public Action<ClusterNode>? OnServing { get; init; }

    /// <summary>Told when the node is about to stop, before it does.</summary>
    public Action? OnStopping { get; init; }

    /// <summary>Gives back what runs, at once: it ends the patience of a stop.</summary>
    public void HandBackRunning()
    {
        ClusterNode? node;
        lock (gate)
        {
            isHurried = true;
            node = current;
        }

        node?.HandBackRunning();
    }

    /// <summary>Serves until it is told to stop, by the token or by a client of the cluster, and leaves in order.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    /// <exception cref="StoreException">Redis does not answer at the start, or refuses; later it is waited for.</exception>
    /// <exception cref="StoreRefusedException">Another process has the same name and address, and the two declare each other dead in turn.</exception>
    /// <exception cref="IOException">An address cannot be listened on.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var health = Health is { } address
            ? await HealthEndpoint.StartAsync(address, options.Node.Name, () => readiness.WhyNot, stop).ConfigureAwait(false)
            : null;
        try
        {
            for (var isFirst = true; await ServeOnceAsync(isFirst, stop).ConfigureAwait(false); isFirst = false)
            {
                await Task.Delay(BackOff, time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Between two incarnations there is nothing to leave.
        }
        finally
        {
            if (health is not null)
            {
                await health.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>One incarnation, from its start to its end.</summary>
    /// <returns>Whether another one should follow.</returns>
    private async Task<bool> ServeOnceAsync(bool isFirst, CancellationToken stop)
    {
        ClusterNode node;
        try
        {
            node = await (Start?.Invoke(stop) ?? ClusterNode.StartAsync(options, executor, stop)).ConfigureAwait(false);
        }
        catch (Exception error) when (!isFirst && error is StoreException or IOException)
        {
            tell($"The node could not join the cluster again, and tries on: {error.Message}");
            return true;
        }

        lock (gate)
        {
            current = node;
        }

        readiness.Joined();
        var watch = time.CreateTimer(_ => readiness.Saw(node.MayServe), null, TimeSpan.Zero, LookEvery);
        await using (watch.ConfigureAwait(false))
        {
            OnServing?.Invoke(node);
            await EndAsync(node, stop).ConfigureAwait(false);
        }

        var isDead = node.Died.IsCompleted;
        if (isDead)
        {
            var why = await WhyAsync(node).ConfigureAwait(false);
            readiness.Down("the cluster declared the node dead: a new incarnation is about to join");
            tell($"The cluster declared this node dead, and it joins anew: {why}");
        }
        else
        {
            readiness.Down("the node stops");
            OnStopping?.Invoke();
        }

        if (IsHurried)
        {
            node.HandBackRunning();
        }

        await node.DisposeAsync().ConfigureAwait(false);
        lock (gate)
        {
            current = null;
        }

        if (isDead && !stop.IsCancellationRequested)
        {
            RequireOwnPlace(node.ReplacedBy);
        }

        return isDead && !stop.IsCancellationRequested;
    }

    /// <summary>Two that take the same place from each other would both do no work for ever.</summary>
    private void RequireOwnPlace(MemberInfo? other)
    {
        if (other is null)
        {
            return;
        }

        if (replacedAt is { } before && time.GetElapsedTime(before) <= ReplacedAgainWithin)
        {
            throw new StoreRefusedException(
                $"Two processes are the node '{other.Name}' at {other.Address}, and declare each other dead in turn: this one, and {other.Incarnation} ({other.Process}). "
                + "Give each its own name, or an address of its own that others reach it by (--name, --advertise), and start this one again.");
        }

        replacedAt = time.GetTimestamp();
    }

    private bool IsHurried
    {
        get
        {
            lock (gate)
            {
                return isHurried;
            }
        }
    }

    private static async Task EndAsync(ClusterNode node, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = stop.Register(() => stopped.TrySetResult());
        await using (registration.ConfigureAwait(false))
        {
            await Task.WhenAny(node.Died, node.StopRequested, stopped.Task).ConfigureAwait(false);
        }
    }

    private static async Task<string> WhyAsync(ClusterNode node)
    {
        try
        {
            return await node.Died.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return error.Message; // a listener of its own failed: the node is at its end all the same
        }
    }
}
