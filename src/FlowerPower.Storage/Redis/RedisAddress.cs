using System.Globalization;
using System.Net;

namespace FlowerPower.Storage;

/// <summary>Where a Redis is and how to enter: <c>redis://[:password@]host[:port][,host[:port]…][/database][?name=NAME&amp;sentinel=MASTER]</c>.</summary>
/// <remarks>
/// <c>rediss</c> asks for TLS. Several hosts are the masters of a Redis Cluster or, with <c>sentinel</c>, the sentinels that know where the master
/// of that name is. <c>name</c> keeps apart the stores in one Redis: every key begins with it.
/// </remarks>
public sealed record RedisAddress
{
    /// <summary>Redis' own port.</summary>
    public const int DefaultPort = 6379;

    /// <summary>The port of a sentinel.</summary>
    public const int DefaultSentinelPort = 26379;

    /// <summary>A store's name, and a cluster's, if none is given.</summary>
    public const string DefaultName = "flowerpower";

    /// <summary>Host and port of each server, as given; at least one.</summary>
    public required IReadOnlyList<DnsEndPoint> Hosts { get; init; }

    /// <summary><see langword="null"/>: Redis asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>0 to 15 unless the server is set up otherwise; a Redis Cluster has only 0.</summary>
    public int Database { get; init; }

    /// <summary>Whether connections use TLS.</summary>
    public bool UsesTls { get; init; }

    /// <summary>The name under which sentinels know the master; <see langword="null"/>: <see cref="Hosts"/> are data servers.</summary>
    public string? SentinelMaster { get; init; }

    /// <summary>The store's name in that Redis: 1 to 64 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>Reads an address.</summary>
    /// <param name="defaultName">The store's name if the address gives none.</param>
    /// <exception cref="FormatException">It is not one; the message says what is wrong and shows one that works, and never the password.</exception>
    public static RedisAddress Parse(string text, string defaultName = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tls = text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        if (!tls && !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong("it does not begin with redis:// or rediss://");
        }

        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (rest.IndexOf('?') is var mark and >= 0 && rest.LastIndexOf('@') > mark)
        {
            // Before anything else reads it as a host or an option, and shows it.
            throw Wrong("a password must be percent-encoded where it has a '?' (as %3F), '@' (%40), '/' (%2F), '#' (%23) or '%' (%25)");
        }

        var (beforeQuery, query) = Split(rest, rest.IndexOf('?'));
        var options = Query(query);
        // A password may hold any character but must be percent-encoded where it would end the part, so the last @ ends it.
        var at = beforeQuery.LastIndexOf('@');
        var entry = at < 0 ? null : beforeQuery[..at];
        var (hosts, database) = Split(beforeQuery[(at + 1)..], beforeQuery[(at + 1)..].IndexOf('/'));
        var master = options.GetValueOrDefault("sentinel");
        return new RedisAddress
        {
            Hosts = [.. hosts.Split(',').Select(h => Host(h, master is null ? DefaultPort : DefaultSentinelPort))],
            Password = entry is null ? null : PasswordOf(entry),
            Database = database.Length == 0 ? 0 : Number(database, 0, 1_000_000, "the database"),
            UsesTls = tls,
            SentinelMaster = master,
            Name = NameOf(options.GetValueOrDefault("name") ?? defaultName),
        };
    }

    /// <summary>The address without its password.</summary>
    public override string ToString() =>
        $"{(UsesTls ? "rediss" : "redis")}://{(Password is null ? "" : ":***@")}{HostList}{(Database == 0 ? "" : $"/{Database}")}"
        + $"{(SentinelMaster is null ? "" : $"?sentinel={SentinelMaster}")}";

    /// <summary>The hosts as people write them: <c>host:port,host:port</c>.</summary>
    public string HostList => ListOf(Hosts);

    internal static string ListOf(IEnumerable<DnsEndPoint> hosts) => string.Join(',', hosts.Select(h => $"{h.Host}:{h.Port}"));

    internal static string NameOf(string name) =>
        name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? name
            : throw Wrong($"the name '{name}' is not 1 to 64 letters, digits, '-', '_' or '.'");

    private static string PasswordOf(string entry)
    {
        var colon = entry.IndexOf(':');
        if (colon < 0)
        {
            throw Wrong("a password is written with a colon before it");
        }

        return colon == 0 || entry[..colon] == "default"
            ? Uri.UnescapeDataString(entry[(colon + 1)..])
            : throw Wrong($"user names are not supported, only the default user's password, and it names the user '{entry[..colon]}'");
    }

    private static DnsEndPoint Host(string text, int defaultPort)
    {
        // An IPv6 address stands in brackets, because of its colons.
        var end = text.StartsWith('[') ? text.IndexOf(']') : -1;
        var colon = text.IndexOf(':', Math.Max(end, 0));
        var host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        if (host.Length == 0 || host.Any(char.IsWhiteSpace))
        {
            throw Wrong("a host is missing");
        }

        return new DnsEndPoint(host, colon < 0 ? defaultPort : Number(text[(colon + 1)..], 1, 65_535, "the port"));
    }

    private static int Number(string text, int least, int greatest, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= greatest
            ? number
            : throw Wrong($"{what} '{text}' is not a number from {least} to {greatest}");

    private static Dictionary<string, string> Query(string query)
    {
        var options = new Dictionary<string, string>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = Split(pair, pair.IndexOf('='));
            if (key is ("name" or "sentinel") && value.Length == 0)
            {
                throw Wrong(key == "name" ? "name= is followed by no name: leave it out, or name the store" : "sentinel= is followed by no name: give the master's, as its sentinels have it");
            }

            if (key is not ("name" or "sentinel"))
            {
                throw Wrong($"'{pair}' is not an option: they are name=NAME and sentinel=MASTER");
            }

            options[key] = Uri.UnescapeDataString(value);
        }

        return options;
    }

    private static (string Before, string After) Split(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);

    private static FormatException Wrong(string what) =>
        new($"The Redis address cannot be used: {what}. One that works: redis://:password@localhost:6379/0?name=fp");
}
