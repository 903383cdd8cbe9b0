namespace FlowerPower.Actors.Transport;

/// <summary>A message that came from a peer.</summary>
public readonly struct Inbound
{
    private readonly long correlation;

    internal Inbound(Peer from, object message, long correlation, TimeSpan? patience)
    {
        From = from;
        Message = message;
        this.correlation = correlation;
        Patience = patience;
    }

    /// <summary>Who sent it.</summary>
    public Peer From { get; }

    /// <summary>What.</summary>
    public object Message { get; }

    /// <summary>Does the sender wait for a reply?</summary>
    public bool IsAsk => Patience is not null;

    /// <summary>How long the sender waited for a reply when it sent this; <see langword="null"/> for a Tell.</summary>
    public TimeSpan? Patience { get; }

    /// <summary>Replies to an Ask, now or later; to a Tell it does nothing. The second reply to one Ask is dropped by the asker.</summary>
    /// <param name="message">An immutable object of a registered type.</param>
    /// <exception cref="ArgumentException">The type is not registered.</exception>
    public void Reply(object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (IsAsk)
        {
            From.Reply(correlation, message);
        }
    }

    /// <summary>Replies to an Ask with a <see cref="RemoteFailureException"/>.</summary>
    /// <param name="code">A short stable word.</param>
    /// <param name="detail">One sentence.</param>
    public void Fail(string code, string detail)
    {
        ArgumentException.ThrowIfNullOrEmpty(code);
        ArgumentNullException.ThrowIfNull(detail);
        Reply(new RemoteFailure(code, detail));
    }
}
