using System.Collections.Concurrent;

namespace FlowerPower.Actors;

/// <summary>In-process events by exact type. Handlers run on the publisher's thread: keep them short, or subscribe an actor.</summary>
public sealed class EventBus
{
    private readonly ConcurrentDictionary<Type, Delegate> handlers = new();
    private readonly Lock gate = new();
    private long failures;

    /// <summary>How many times a handler threw; the exception goes no further.</summary>
    public long Failures => Volatile.Read(ref failures);

    /// <summary>Calls the handler at each event of type <typeparamref name="T"/> until the result is disposed.</summary>
    public IDisposable Subscribe<T>(Action<T> handler)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(handler);
        Action<T> own = handler.Invoke; // a delegate of its own, so that disposing removes this subscription and not an equal one
        lock (gate)
        {
            handlers[typeof(T)] = Delegate.Combine(handlers.GetValueOrDefault(typeof(T)), own);
        }

        return new Subscription(() => Remove(own));
    }

    /// <summary>Tells the actor each event of type <typeparamref name="T"/> until the result is disposed.</summary>
    public IDisposable Subscribe<T>(ActorRef subscriber)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return Subscribe<T>(e => subscriber.Tell(e));
    }

    /// <summary>Hands the event to the subscribers of exactly <typeparamref name="T"/>.</summary>
    public void Publish<T>(T e)
        where T : class
    {
        if (!handlers.TryGetValue(typeof(T), out var found))
        {
            return;
        }

        foreach (var handler in Delegate.EnumerateInvocationList((Action<T>)found))
        {
            try
            {
                handler(e);
            }
            catch (Exception)
            {
                // A broken listener must not become the publisher's failure; the count shows it.
                Interlocked.Increment(ref failures);
            }
        }
    }

    private void Remove<T>(Action<T> own)
    {
        lock (gate)
        {
            if (Delegate.RemoveAll(handlers.GetValueOrDefault(typeof(T)), own) is { } rest)
            {
                handlers[typeof(T)] = rest;
            }
            else
            {
                handlers.TryRemove(typeof(T), out _);
            }
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        private Action? end = end;

        public void Dispose() => Interlocked.Exchange(ref end, null)?.Invoke();
    }
}
