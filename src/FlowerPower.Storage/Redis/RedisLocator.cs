using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FlowerPower.Storage;

/// <summary>Where the data servers of an address are now: those it names, or the master that its sentinels name.</summary>
internal static class RedisLocator
{
    /// <summary>How long a sentinel may take; they are asked at the same time.</summary>
    private static readonly TimeSpan SentinelTimeout = TimeSpan.FromSeconds(1);

    /// <exception cref="StoreUnavailableException">No sentinel answers.</exception>
    /// <exception cref="StoreRefusedException">They know no master of that name, or do not let us in.</exception>
    public static async Task<IReadOnlyList<DnsEndPoint>> LocateAsync(RedisAddress address, TimeProvider time, CancellationToken cancellationToken)
    {
        if (address.SentinelMaster is not { } master)
        {
            return address.Hosts;
        }

        var answers = await Task.WhenAll(address.Hosts.Select(s => AskAsync(s, address, master, time, cancellationToken))).ConfigureAwait(false);
        // A sentinel that was cut off may still name the former master, so most win; among equals the one that was named first.
        var most = answers.Where(a => a.Master is not null).GroupBy(a => a.Master!).MaxBy(g => g.Count());
        if (most is not null)
        {
            return [most.Key];
        }

        if (answers.Any(a => a.KnowsNone))
        {
            throw new StoreRefusedException($"The sentinels at {address.HostList} know no master named '{master}': correct ?sentinel=NAME.");
        }

        if (answers.All(a => a.Error is RespRefusalException e && e.Message.StartsWith("ERR unknown command", StringComparison.Ordinal)))
        {
            throw new StoreRefusedException($"The servers at {address.HostList} are no sentinels: name the sentinels' ports (as a rule {RedisAddress.DefaultSentinelPort}), "
                + "or leave ?sentinel= out to use these servers themselves.");
        }

        var first = answers.Select(a => a.Error).OfType<Exception>().First();
        throw answers.Any(a => a.Error is RespRefusalException)
            ? new StoreRefusedException(
                $"The sentinels at {address.HostList} refuse to say where '{master}' is ({answers.First(a => a.Error is RespRefusalException).Error!.Message}).", first)
            : new StoreUnavailableException($"No sentinel answers at {address.HostList} ({first.Message}): start one, or correct the address.", first);
    }

    /// <summary>See whether one of the servers answers at all.</summary>
    /// <exception cref="StoreUnavailableException">None does, or it is not ready.</exception>
    /// <exception cref="StoreRefusedException">Its certificate is not trusted, or it does not speak TLS.</exception>
    public static async Task KnockAsync(IReadOnlyList<DnsEndPoint> servers, RedisStoreOptions options, CancellationToken cancellationToken)
    {
        var errors = await Task.WhenAll(servers.Select(s => KnockAsync(s, options, cancellationToken))).ConfigureAwait(false);
        if (errors.All(e => e is not null))
        {
            throw errors.FirstOrDefault(e => e is StoreRefusedException) ?? errors[0]!;
        }
    }

    private static async Task<StoreException?> KnockAsync(DnsEndPoint server, RedisStoreOptions options, CancellationToken cancellationToken)
    {
        var where = RedisAddress.ListOf([server]);
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider ?? TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var talk = await RespConversation.OpenAsync(server, options.Address.UsesTls, both.Token).ConfigureAwait(false);
            await talk.AskAsync(["PING"], both.Token).ConfigureAwait(false);
            return null;
        }
        catch (RespRefusalException e)
        {
            // It lives. Who may come in is for the connection proper.
            return e.Message.StartsWith("LOADING", StringComparison.Ordinal) ? RedisErrors.Loading(where, e) : null;
        }
        catch (AuthenticationException e)
        {
            return RedisErrors.Untrusted(where, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A server without TLS waits for the end of a line that a handshake does not have.
            return new StoreUnavailableException(
                $"Redis at {where} did not answer in time: start it{(options.Address.UsesTls ? ", or write redis:// if it does not use TLS" : "")}.");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return RedisErrors.Of(e, where);
        }
    }

    private static async Task<(DnsEndPoint? Master, bool KnowsNone, Exception? Error)> AskAsync(
        DnsEndPoint sentinel, RedisAddress address, string master, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(SentinelTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var talk = await RespConversation.OpenAsync(sentinel, address.UsesTls, both.Token).ConfigureAwait(false);
            string[] question = ["SENTINEL", "get-master-addr-by-name", master];
            string[]? answer;
            try
            {
                answer = await talk.AskAsync(question, both.Token).ConfigureAwait(false);
            }
            catch (RespRefusalException e) when (e.Message.StartsWith("NOAUTH", StringComparison.Ordinal) && address.Password is not null)
            {
                // Sentinels often ask for no password; where they do it is the one of the servers they watch.
                await talk.AskAsync(["AUTH", address.Password], both.Token).ConfigureAwait(false);
                answer = await talk.AskAsync(question, both.Token).ConfigureAwait(false);
            }

            return answer is [var host, var port]
                ? (new DnsEndPoint(host, int.Parse(port, NumberStyles.None, CultureInfo.InvariantCulture)), false, null)
                : (null, true, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, false, new TimeoutException($"{sentinel.Host}:{sentinel.Port} did not answer in time"));
        }
        catch (Exception e) when (e is SocketException or IOException or RespRefusalException or FormatException or AuthenticationException)
        {
            return (null, false, e);
        }
    }
}
