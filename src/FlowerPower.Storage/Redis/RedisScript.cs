using System.Security.Cryptography;
using System.Text;

namespace FlowerPower.Storage;

/// <summary>A script that runs inside Redis, known there by the SHA-1 of its text, so two versions of this library never meet.</summary>
internal sealed class RedisScript
{
    public static readonly RedisScript Open = Load("open");
    public static readonly RedisScript Claim = Load("claim");
    public static readonly RedisScript Release = Load("release");
    public static readonly RedisScript Append = Load("append", withIndex: true);
    public static readonly RedisScript Prune = Load("prune", withIndex: true);
    public static readonly RedisScript Log = Load("log", isRead: true);
    public static readonly RedisScript Live = Load("live", isRead: true);
    public static readonly RedisScript List = Load("list", isRead: true, withIndex: true);
    public static readonly RedisScript Renew = Load("renew");
    public static readonly RedisScript Pulse = Load("pulse", isRead: true);

    // Leases are small, and a Redis without memory for jobs must not cost the nodes their lives.
    public static readonly RedisScript Members = Load("members", flags: "allow-oom");

    private RedisScript(string name, string text)
    {
        Name = name;
        Text = text;
        // Redis names scripts by SHA-1; nothing here depends on its strength.
#pragma warning disable CA5350
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    public string Name { get; }

    public string Text { get; }

    public byte[] Hash { get; }

    // The first line makes Redis 7 check before the script begins: memory, a replica, keys of another slot.
    private static RedisScript Load(string name, bool isRead = false, bool withIndex = false, string? flags = null) => new(
        name,
        $"#!lua{((flags ?? (isRead ? "no-writes" : null)) is { } f ? $" flags={f}" : "")}\n{Resource("common")}\n{(withIndex ? Resource("index") + "\n" : "")}{Resource(name)}");

    private static string Resource(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream($"FlowerPower.Storage.Redis.{name}.lua")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
