using StackExchange.Redis;

namespace FlowerPower.Storage;

/// <summary>What Redis and its client say, as what it means for a store and what to do about it.</summary>
internal static class RedisErrors
{
    /// <summary>The exception that a caller sees.</summary>
    public static StoreException Of(Exception error, string where) => error switch
    {
        StoreException known => known,
        RedisServerException server => OfServer(server, where),
        RedisConnectionException connection when connection.FailureType == ConnectionFailureType.AuthenticationFailure => WrongPassword(where, error),
        // The same of a Redis Cluster, whose master it was led to but still takes for the replica that it was.
        RedisConnectionException connection when connection.FailureType == ConnectionFailureType.ProtocolFailure =>
            new StoreUnavailableException($"Redis at {where} is changing its masters (a replica was promoted); the call is repeated.", error),
        // The client refuses to send a write to a server that it knows as a replica.
        RedisCommandException => Replica(where, error),
        TimeoutException => new StoreUnavailableException($"Redis at {where} did not answer in time; the call is repeated until it does.", error),
        _ => new StoreUnavailableException($"Redis at {where} cannot be reached ({FirstLine(error.Message)}): start it, or correct the address.", error),
    };

    /// <summary>The password is not the server's.</summary>
    public static StoreRefusedException WrongPassword(string where, Exception? inner = null) =>
        new($"Redis at {where} does not accept the password: write it as redis://:PASSWORD@{where}, percent-encoded.", inner);

    /// <summary>The server asks for a password, and the address has none, or an empty one.</summary>
    public static StoreRefusedException NoPassword(string where, Exception? inner = null) =>
        new($"Redis at {where} asks for a password, and its address has none (is a variable in it not set?): write it as redis://:PASSWORD@{where}, percent-encoded.", inner);

    /// <summary>No master is where one was looked for.</summary>
    public static StoreUnavailableException Replica(string where, Exception? inner = null) =>
        new($"Redis at {where} is a read-only replica: name its master.", inner);

    /// <summary>The connection broke: whatever was under way may have happened.</summary>
    public static StoreUnavailableException Broken(string where, Exception? inner = null) =>
        new($"Redis at {where} closed the connection; it is opened again.", inner);

    /// <summary>It was started a moment ago.</summary>
    public static StoreUnavailableException Loading(string where, Exception? inner = null) => new($"Redis at {where} is still loading its data.", inner);

    /// <summary>TLS was asked for, and there is none that could be trusted.</summary>
    public static StoreRefusedException Untrusted(string where, Exception inner) =>
        new($"Redis at {where} cannot be trusted ({FirstLine(inner.Message)}): add its certificate's authority to this machine's trusted ones and name the host that the certificate names, or write redis:// if it does not use TLS.", inner);

    private static StoreException OfServer(RedisServerException error, string where)
    {
        var message = FirstLine(error.Message);
        return Code(message) switch
        {
            "NOAUTH" => NoPassword(where, error),
            "WRONGPASS" or "NOPERM" => WrongPassword(where, error),
            "OOM" => new StoreUnavailableException(
                $"Redis at {where} is out of memory and refuses writes: raise its maxmemory, or let old jobs go; nothing is lost meanwhile.", error),
            "READONLY" => Replica(where, error),
            "MISCONF" => new StoreUnavailableException(
                $"Redis at {where} cannot write to its disk and refuses writes ({message}): make room there.", error),
            "NOREPLICAS" => new StoreUnavailableException($"Redis at {where} refuses writes, because too few replicas follow it (min-replicas-to-write).", error),
            "LOADING" => Loading(where, error),
            "BUSY" => new StoreUnavailableException($"Redis at {where} is busy with a script.", error),
            "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" or "MOVED" or "ASK" or "UNBLOCKED" =>
                new StoreUnavailableException($"Redis at {where} is changing its masters ({message}).", error),
            "WRONGTYPE" => new StoreCorruptException(
                $"Redis at {where} holds another program's data under this store's keys: choose another name (redis://…?name=NAME).", error),
            _ => new StoreUnavailableException($"Redis at {where} refuses a command ({message}).", error),
        };
    }

    private static string Code(string message) => message.IndexOf(' ') is var space and > 0 ? message[..space] : message;

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd('\r', '.');
}
