namespace FlowerPower.Actors;

/// <summary>Incarnations: start, failure, restart, stop.</summary>
internal sealed partial class ActorCell
{
    private Actor? actor; // written by the turn, read by any thread that announces a stop
    private (Exception Reason, object? Message)? failure;
    private ITimer? backoff;
    private TimeSpan backoffDelay;
    private bool hasFailedBefore;
    private volatile bool isToldToStop;

    /// <summary>From any thread: has a stop been sent?</summary>
    public bool IsToldToStop => isToldToStop;

    private void BeginIncarnation()
    {
        phase = Phase.Starting;
        failure = null;
        ReopenFamily();
        ValueTask started;
        try
        {
            var made = Props.Factory()
                ?? throw new InvalidOperationException($"The factory of {Path} returned null; it must return an actor.");
            made.Attach(new ActorContext(this));
            Volatile.Write(ref actor, made);
            started = made.OnStart();
        }
        catch (Exception e)
        {
            started = ValueTask.FromException(e);
        }

        Await(started, After.Start);
    }

    /// <summary>What follows when a hook or handler has completed.</summary>
    private void Continue(After finished, Exception? error)
    {
        switch (finished)
        {
            case After.Message:
                var message = actor!.Context.Current?.Message;
                actor.Context.Current = null;
                if (error is not null)
                {
                    Fail(error, message);
                }

                break;
            case After.Start when error is not null:
                Fail(error, null);
                break;
            case After.Start:
                phase = Phase.Running;
                if (hasFailedBefore)
                {
                    System.Report(ActorEventKind.Restarted, this, "A new incarnation has started.");
                }

                break;
            case After.RestartHook:
                ReportHook("OnRestart", error);
                phase = Phase.Restarting;
                EndFamily();
                break;
            case After.StopHookOfRestart:
                ReportHook("OnStop", error);
                AwaitBackoff();
                break;
            case After.StopHook:
                ReportHook("OnStop", error);
                Finish();
                break;
        }
    }

    private void Fail(Exception error, object? message)
    {
        if (error is OperationCanceledException && isToldToStop)
        {
            // The handler obeyed its Stopping token; the stop is in the system lane.
            phase = Phase.Failed;
            return;
        }

        phase = Phase.Failed;
        failure = (error, message);
        hasFailedBefore = true;
        System.Report(ActorEventKind.Failed, this, $"Failed at {message?.GetType().Name ?? "start or in a child"}: {error.Message}", error);
        if (Parent is null)
        {
            BeginStop(); // the root has nobody to decide about it
        }
        else
        {
            Parent.SendSystem(new SystemMessage.ChildFailed(this, error));
        }
    }

    private void BeginRestart(TimeSpan delay)
    {
        if (phase != Phase.Failed || failure is not var (reason, message))
        {
            return; // told to stop meanwhile
        }

        backoffDelay = delay;
        CancelStopping();
        if (actor is null)
        {
            phase = Phase.Restarting; // the factory threw: no hooks to call
            EndFamily();
            return;
        }

        ValueTask hook;
        try
        {
            hook = actor.OnRestart(reason, message);
        }
        catch (Exception e)
        {
            hook = ValueTask.FromException(e);
        }

        Await(hook, After.RestartHook);
    }

    /// <summary>The incarnation is thrown away; its stash goes back to the mailbox.</summary>
    private void AwaitBackoff()
    {
        if (actor is not null)
        {
            var stash = actor.Context.TakeStash();
            PutBack(ref stash);
        }

        Discard();
        if (backoffDelay <= TimeSpan.Zero)
        {
            BeginIncarnation();
            return;
        }

        phase = Phase.BackingOff;
        backoff = System.StartTimer(
            static state => ((ActorCell)state!).SendSystem(new SystemMessage.Recreate()), this, backoffDelay, Timeout.InfiniteTimeSpan);
    }

    private void EndBackoff()
    {
        if (phase == Phase.BackingOff)
        {
            backoff?.Dispose();
            backoff = null;
            BeginIncarnation();
        }
    }

    private void BeginStop()
    {
        if (phase is Phase.Stopping or Phase.Stopped)
        {
            return;
        }

        isToldToStop = true;
        phase = Phase.Stopping;
        CancelStopping();
        EndFamily();
    }

    /// <summary>The children have ended: now the incarnation may.</summary>
    private void AfterFamily()
    {
        var next = phase == Phase.Restarting ? After.StopHookOfRestart : After.StopHook;
        if (actor is null)
        {
            Continue(next, null);
            return;
        }

        ValueTask hook;
        try
        {
            hook = actor.OnStop();
        }
        catch (Exception e)
        {
            hook = ValueTask.FromException(e);
        }

        Await(hook, next);
    }

    private void Finish()
    {
        backoff?.Dispose();
        backoff = null;
        var stash = actor?.Context.TakeStash() ?? default;
        Discard();
        phase = Phase.Stopped;
        Envelope? leftovers = null;
        if (IsEntity)
        {
            PutBack(ref stash);
            leftovers = user.Close(); // the shard decides: it keeps them after a passivation
        }
        else
        {
            while (stash.Take() is { } envelope)
            {
                Drop(envelope, DeadLetterReason.StashDropped);
            }

            DropAll(this, user.Close(), ReasonOfTheDead);
        }

        // The parent first, so that a parent that also watches finds the name free when it is told.
        var commands = system.Close();
        Parent?.SendSystem(new SystemMessage.ChildStopped(this, leftovers));
        TellWatchers(commands);
        if (Parent is null)
        {
            System.OnRootStopped();
        }
    }

    private void Discard()
    {
        actor?.Context.End();
        Volatile.Write(ref actor, null);
        failure = null;
    }

    /// <summary>From any thread: lets an awaiting handler see the stop before its turn ends.</summary>
    private void AnnounceStop()
    {
        isToldToStop = true;
        Interlocked.MemoryBarrier(); // against ActorContext.Stopping, which publishes its source before it reads the flag
        if (Volatile.Read(ref actor)?.ContextOrNull?.StoppingSource is { IsCancellationRequested: false } source)
        {
            // Not here: whatever is registered on the token must not run inside somebody else's turn.
            System.Dispatcher.Schedule(new Cancellation(this, source));
        }
    }

    private void CancelStopping()
    {
        if (actor?.Context.StoppingSource is { } source)
        {
            Cancel(source);
        }
    }

    private void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException e)
        {
            ReportHook("A callback on the Stopping token", e);
        }
    }

    private void ReportHook(string hook, Exception? error)
    {
        if (error is not null)
        {
            System.Report(ActorEventKind.HookFailed, this, $"{hook} threw: {error.Message}", error);
        }
    }

    internal static void DropAll(ActorCell recipient, Envelope? chain, DeadLetterReason reason)
    {
        while (chain is not null)
        {
            var next = (Envelope?)chain.Next;
            chain.Next = null;
            DropFor(recipient, chain, reason);
            chain = next;
        }
    }

    private sealed class Cancellation(ActorCell cell, CancellationTokenSource source) : IThreadPoolWorkItem
    {
        public void Execute() => cell.Cancel(source);
    }
}
