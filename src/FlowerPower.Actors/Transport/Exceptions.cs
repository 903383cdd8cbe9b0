namespace FlowerPower.Actors.Transport;

/// <summary>No connection could be made: nobody listens there, or the network is broken. Trying again may help.</summary>
public sealed class PeerUnreachableException : IOException
{
    internal PeerUnreachableException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}

/// <summary>The two processes did not become peers. The message names the remedy.</summary>
public sealed class HandshakeRefusedException : Exception
{
    internal HandshakeRefusedException(HandshakeRefusal reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public HandshakeRefusal Reason { get; }

    /// <summary>Will it be refused again until somebody changes a configuration?</summary>
    public bool NeedsConfiguration =>
        Reason is not (HandshakeRefusal.TimedOut or HandshakeRefusal.Busy or HandshakeRefusal.Stopping or HandshakeRefusal.Closed);
}

/// <summary>The peer was lost before it replied.</summary>
public sealed class PeerLostException : IOException
{
    internal PeerLostException(PeerIdentity peer, PeerLoss loss, bool mayHaveArrived)
        : base($"{peer} was lost before it replied: {loss.Detail} "
            + (mayHaveArrived ? "It may have handled the message: ask again with the same request id." : "The message was not sent: ask again."))
    {
        Peer = peer;
        Reason = loss.Reason;
        MayHaveArrived = mayHaveArrived;
    }

    /// <summary>Who was asked.</summary>
    public PeerIdentity Peer { get; }

    /// <summary>Why it was lost.</summary>
    public PeerLossReason Reason { get; }

    /// <summary>May the message have been handled? If not, it was never sent.</summary>
    public bool MayHaveArrived { get; }
}

/// <summary>A message was certainly not sent.</summary>
public sealed class MessageNotSentException : Exception
{
    internal MessageNotSentException(DropReason reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public DropReason Reason { get; }
}

/// <summary>The peer answered that it could not handle the message.</summary>
public sealed class RemoteFailureException : Exception
{
    internal RemoteFailureException(PeerIdentity peer, string code, string detail)
        : base($"{peer} answered: {detail}") => Code = code;

    /// <summary>The failure was: the type of the message is not known there. That process is older or newer than this one.</summary>
    public const string UnknownType = "unknown-type";

    /// <summary>The failure was: the message is not readable as its type.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>The failure was: the handler threw.</summary>
    public const string HandlerFailed = "handler-failed";

    /// <summary>The failure was: the reply was too large or could not be encoded.</summary>
    public const string ReplyNotSent = "reply-not-sent";

    /// <summary>A short stable word: one of the constants here, or one of the application's.</summary>
    public string Code { get; }
}

/// <summary>The peer sent what the protocol does not allow: the connection is cut.</summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : Exception(message, inner);
