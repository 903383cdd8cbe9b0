namespace FlowerPower.Actors;

/// <summary>The life of a shard's host: start, failure, back-off, drain.</summary>
internal sealed partial class ShardActor
{
    private readonly RestartRecord failures = new();
    private ShardPhase phase = ShardPhase.Starting;
    private IShardHost? host;
    private ShardContext? hostContext;
    private CancellationTokenSource? hostStopping;
    private Task? starting;
    private Task<Exception?>? stopping;
    private Exception? failedWhileStarting;
    private bool isDraining;

    protected internal override async ValueTask OnStop()
    {
        isDraining = true;
        hostStopping?.Cancel();
        DropBuffers();
        if (phase == ShardPhase.Starting && starting is not null)
        {
            try
            {
                await starting.WaitAsync(settings.HostStopTimeout, Context.Time);
                phase = ShardPhase.Stopping;
            }
            catch (Exception e)
            {
                // Cancelled, as it should be, or failed: there is nothing to stop then. One that overruns its time is left alone.
                host = null;
                if (e is TimeoutException)
                {
                    Report(e, "its host neither started nor obeyed its cancellation in time");
                }
            }
        }

        if (host is not null && await (stopping ?? StopHost(host)) is { } error)
        {
            Report(error, "its host did not stop cleanly");
        }

        hostContext?.Drop();
        if (Cell.IsToldToStop)
        {
            status.End();
        }
    }

    /// <summary>An entity's failure was escalated to the shard.</summary>
    public void OnEntityEscalated(Exception reason)
    {
        OnHostFailed(reason);
        WriteStatus();
    }

    private void StartHost()
    {
        phase = ShardPhase.Starting;
        failedWhileStarting = null;
        hostStopping = new CancellationTokenSource();
        var context = hostContext = new ShardContext(Cell, shard);
        try
        {
            host = settings.Host(shard) ?? throw new InvalidOperationException("Host returned null.");
            starting = host.StartAsync(context, hostStopping.Token).AsTask();
        }
        catch (Exception e)
        {
            starting = Task.FromException(e);
        }

        Context.PipeToSelf<object>(
            Completed(starting), _ => new ShardMessage.HostStarted(context), e => new ShardMessage.HostDidNotStart(context, e));
    }

    private void OnOwnMessage(ShardMessage message)
    {
        switch (message)
        {
            case ShardMessage.HostStarted when isDraining:
                phase = ShardPhase.Stopping;
                ContinueIfEmpty();
                break;
            case ShardMessage.HostStarted when failedWhileStarting is { } reason:
                phase = ShardPhase.Active;
                OnHostFailed(reason);
                break;
            case ShardMessage.HostStarted:
                phase = ShardPhase.Active;
                Context.System.Report(ActorEventKind.ShardStarted, Cell, "The shard is active.");
                Replay();
                break;
            case ShardMessage.HostDidNotStart failed:
                host = null;
                hostContext!.Drop();
                Report(failedWhileStarting ?? failed.Reason, "its host did not start");
                AwaitBackoff();
                break;
            case ShardMessage.HostFailed failed when failed.Of == hostContext:
                OnHostFailed(failed.Reason);
                break;
            case ShardMessage.HostStopped stopped:
                host = null;
                stopping = null;
                if (stopped.Error is { } error)
                {
                    Report(error, "its host did not stop cleanly");
                }

                AwaitBackoff();
                break;
            case ShardMessage.StartHost when phase == ShardPhase.BackingOff && !isDraining:
                StartHost();
                break;
            case var drain when drain == ShardMessage.Drain:
                Drain();
                break;
        }
    }

    private void OnHostFailed(Exception reason)
    {
        switch (phase)
        {
            case ShardPhase.Starting:
                failedWhileStarting = reason;
                hostStopping!.Cancel();
                break;
            case ShardPhase.Active:
                Report(reason, "its host failed");
                phase = ShardPhase.Failing;
                hostContext!.Drop();
                hostStopping!.Cancel();
                StopEntities();
                ContinueIfEmpty();
                break;
            case ShardPhase.Stopping:
                // It was to be drained anyway; but its entities must not go on with a host that gave up.
                Report(reason, "its host failed while the shard was stopping");
                hostContext!.Drop();
                StopEntities();
                break;
        }
    }

    private void StopEntities()
    {
        order.Clear();
        foreach (var entity in entities.Values)
        {
            entity.Older = entity.Newer = null;
            entity.Cell.SendSystem(new SystemMessage.Stop());
        }
    }

    /// <summary>Without entities, a shard that gives its host up can do so.</summary>
    private void ContinueIfEmpty()
    {
        if (entities.Count == 0 && phase is ShardPhase.Failing or ShardPhase.Stopping && stopping is null && !Cell.IsToldToStop)
        {
            stopping = StopHost(host!);
            Context.PipeToSelf<Exception?>(
                stopping, error => new ShardMessage.HostStopped(error), error => new ShardMessage.HostStopped(error));
        }
    }

    private void AwaitBackoff()
    {
        if (isDraining)
        {
            phase = ShardPhase.Stopping;
            Context.StopSelf();
            return;
        }

        phase = ShardPhase.BackingOff;
        var backoff = new SupervisionStrategy
        {
            MinBackoff = settings.RecoverBackoff,
            MaxBackoff = settings.MaxRecoverBackoff,
            MaxRestarts = int.MaxValue,
            Within = settings.MaxRecoverBackoff,
        };
        var delay = failures.Next(backoff, Context.Time, Context.System.NextJitter()) ?? settings.MaxRecoverBackoff;
        Context.StartTimer("start-host", new ShardMessage.StartHost(), delay);
    }

    private void Replay()
    {
        var first = returned;
        var then = waiting;
        returned = waiting = default;
        buffered = 0; // no entity is active yet, so none has a buffer
        while ((first.Take() ?? then.Take()) is { } envelope)
        {
            Route((EntityEnvelope)envelope);
        }
    }

    private void Drain()
    {
        if (isDraining)
        {
            return;
        }

        isDraining = true;
        DropBuffers();
        switch (phase)
        {
            case ShardPhase.Starting:
                hostStopping!.Cancel();
                break;
            case ShardPhase.BackingOff:
                Context.StopSelf();
                break;
            case ShardPhase.Active:
                phase = ShardPhase.Stopping;
                foreach (var entity in entities.Values)
                {
                    if (entity.Waiting is null)
                    {
                        BeginEnd(entity);
                    }
                }

                ContinueIfEmpty();
                break;
        }
    }

    private void DropBuffers()
    {
        while ((returned.Take() ?? waiting.Take()) is { } envelope)
        {
            buffered--;
            ActorCell.DropFor(Cell, envelope, DeadLetterReason.ShardStopped);
        }
    }

    private async Task<Exception?> StopHost(IShardHost ending)
    {
        try
        {
            await ending.StopAsync().AsTask().WaitAsync(settings.HostStopTimeout, Context.Time);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private void Report(Exception reason, string what) =>
        Context.System.Report(ActorEventKind.ShardFailed, Cell, $"Shard {shard} of {settings.TypeName}: {what}: {reason.Message}", reason);

    private static async Task<object> Completed(Task task)
    {
        await task;
        return task;
    }
}
