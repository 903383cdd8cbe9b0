using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowerPower.Storage;

/// <summary>The exclusive hold on a store's file: a lock of the operating system, which ends with its process however that ends.</summary>
/// <remarks>
/// The lock stands on <c>path.lock</c>, not on the database, because SQLite places locks of its own there. The file stays behind
/// when the store closes: deleting it could delete the one that the next holder has just locked. Who holds it is told in <c>path.holder</c>.
/// </remarks>
internal sealed partial class StoreLock : IDisposable
{
    // A look by ReadHolder takes the lock for a moment, and that must not turn an opener away. So a lock with a living holder's
    // note beside it is believed soon, and one without is tried for a second.
    private const int TriesWithHolder = 5;
    private const int TriesWithoutHolder = 100;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(10);

    private readonly string path;
    private readonly FileStream file;

    private StoreLock(string path, FileStream file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Take the lock.</summary>
    /// <exception cref="StoreRefusedException">Somebody holds it, or the folder cannot be written; the message says which.</exception>
    public static async Task<StoreLock> TakeAsync(string path, StoreHolder mine, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (TryOpen(path, FileAccess.ReadWrite, FileShare.None) is { } file)
            {
                var taken = new StoreLock(path, file);
                taken.Announce(mine);
                return taken;
            }

            var note = ReadNote(path);
            if (attempt >= (IsAlive(note) ? TriesWithHolder : TriesWithoutHolder))
            {
                throw new StoreRefusedException(InUse(path, note));
            }

            // The system's clock, because this waits for another process.
            await Task.Delay(BetweenTries, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A link and its target are one file and must have one lock.</summary>
    public static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var file = new FileInfo(full);
        return file.LinkTarget is null ? full : file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
    }

    /// <summary>Who holds the lock now; <see langword="null"/> if nobody does.</summary>
    public static StoreHolder? ReadHolder(string path)
    {
        if (!File.Exists(LockPath(path)))
        {
            return null;
        }

        using var file = TryOpen(path, FileAccess.Read, FileShare.Read);
        return file is not null ? null : ReadNote(path) ?? new StoreHolder("an unknown process", 0, DateTimeOffset.UnixEpoch);
    }

    public void Dispose()
    {
        try
        {
            File.Delete(HolderPath(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The note is for people and is overwritten by the next holder; the lock below is what counts.
        }

        file.Dispose();
    }

    private static FileStream? TryOpen(string path, FileAccess access, FileShare share)
    {
        var mode = access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate;
        try
        {
            return new FileStream(LockPath(path), mode, access, share, bufferSize: 1);
        }
        catch (IOException e) when (FileFault.IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"The store '{path}' cannot be locked, because {FileFault.Explain(e, LockPath(path))}.", e);
        }
    }

    private void Announce(StoreHolder mine)
    {
        try
        {
            // Renamed into place, so that nobody reads half of it.
            var draft = HolderPath(path) + ".new";
            using (var note = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(note, mine, NoteJson.Default.StoreHolder);
            }

            File.Move(draft, HolderPath(path), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw new StoreRefusedException($"The store '{path}' cannot be opened, because {FileFault.Explain(e, HolderPath(path))}.", e);
        }
    }

    private static StoreHolder? ReadNote(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(HolderPath(path)), NoteJson.Default.StoreHolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static bool IsAlive(StoreHolder? holder)
    {
        try
        {
            using var process = holder is null ? null : Process.GetProcessById(holder.ProcessId);
            return process is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string InUse(string path, StoreHolder? holder)
    {
        var who = holder is null
            ? "another process"
            : holder.ProcessId == Environment.ProcessId
                ? $"this very process ('{holder.Name}', since {holder.Since:u})"
                : $"'{holder.Name}' (process {holder.ProcessId}, since {holder.Since:u})";
        return $"The store '{path}' is in use by {who}: ask that process, or stop it and try again.";
    }

    private static string LockPath(string path) => path + ".lock";

    private static string HolderPath(string path) => path + ".holder";

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(StoreHolder))]
    private sealed partial class NoteJson : JsonSerializerContext;
}
