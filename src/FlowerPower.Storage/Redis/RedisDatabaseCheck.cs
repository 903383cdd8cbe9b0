using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FlowerPower.Storage;

/// <summary>Whether a server has the database that an address names: the client library refuses one that it has not with a replica's words.</summary>
internal static class RedisDatabaseCheck
{
    /// <summary>Ask each server; one that does not answer here is for the connection proper.</summary>
    /// <exception cref="StoreRefusedException">One of them has no such database; the message says how many it has.</exception>
    public static async Task RequireAsync(IReadOnlyList<DnsEndPoint> servers, RedisStoreOptions options, CancellationToken cancellationToken)
    {
        if (options.Address.Database == 0)
        {
            return; // there always is one
        }

        foreach (var server in servers)
        {
            using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider ?? TimeProvider.System);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                await RequireAsync(server, options.Address, both.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (
                e is SocketException or IOException or AuthenticationException or RespRefusalException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // A wrong password, a Redis Cluster, a server that is away: each has its own sentence elsewhere.
            }
        }
    }

    private static async Task RequireAsync(DnsEndPoint server, RedisAddress address, CancellationToken cancellationToken)
    {
        using var talk = await RespConversation.OpenAsync(server, address.UsesTls, cancellationToken).ConfigureAwait(false);
        if (address.Password is { } password)
        {
            await talk.AskAsync(["AUTH", password], cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await talk.AskAsync(["SELECT", FormattableString.Invariant($"{address.Database}")], cancellationToken).ConfigureAwait(false);
        }
        catch (RespRefusalException refused) when (refused.Message.Contains("out of range", StringComparison.Ordinal))
        {
            var count = await CountAsync(talk, cancellationToken).ConfigureAwait(false);
            throw new StoreRefusedException(
                $"Redis at {RedisAddress.ListOf([server])} has no database {address.Database}"
                + (count is null ? "" : $": it has {count}, numbered from 0")
                + ". Correct the number at the end of its address.", refused);
        }
    }

    /// <returns><see langword="null"/>: it does not say.</returns>
    private static async Task<string?> CountAsync(RespConversation talk, CancellationToken cancellationToken)
    {
        try
        {
            return await talk.AskAsync(["CONFIG", "GET", "databases"], cancellationToken).ConfigureAwait(false) is [_, var count] ? count : null;
        }
        catch (RespRefusalException)
        {
            return null;
        }
    }
}
