using System.Globalization;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>
/// Which workers of this store stopped in order, for the next one that holds it. A worker that stops while its store has no room can hand back
/// nothing, and its jobs must not take that for a crash: it renames a file that it made when it started, which needs no room.
/// </summary>
/// <remarks>
/// Only for who holds the store. All of it is done as well as can be: without its note a worker that left jobs behind is taken for dead.
/// </remarks>
internal sealed class StopNotes
{
    private const string Running = ".running";
    private const string Stopped = ".stopped"; // as long as the other, so that the directory's entry need not grow

    private readonly string? folder;
    private readonly string mine;
    private readonly HashSet<string> stopped = [];

    /// <summary>Reads what former workers left, and begins the note of this one.</summary>
    /// <param name="folder">Where the notes are; <see langword="null"/>: nowhere, every worker that left jobs behind is taken for dead.</param>
    public StopNotes(string? folder, WorkerId me)
    {
        this.folder = folder;
        mine = NameOf(me);
        Try(path =>
        {
            foreach (var note in Directory.EnumerateFiles(path, $"worker-*{Stopped}"))
            {
                stopped.Add(Path.GetFileNameWithoutExtension(note));
            }

            Delete(Directory.GetFiles(path, $"worker-*{Running}")); // of the dead
            File.WriteAllBytes(Path.Combine(path, mine + Running), []);
        });
    }

    /// <summary>The worker ran on this store before, and its node stopped in order.</summary>
    public bool HasStopped(WorkerId worker) => stopped.Contains(NameOf(worker));

    /// <summary>This worker has stopped; the node still holds the store.</summary>
    /// <param name="isAllWritten">No job is left that is under a former worker, so that their notes are needed no more.</param>
    public void Stop(bool isAllWritten) => Try(path =>
    {
        File.Move(Path.Combine(path, mine + Running), Path.Combine(path, mine + Stopped));
        if (isAllWritten)
        {
            Delete(stopped.Select(name => Path.Combine(path, name + Stopped)));
        }
    });

    // A worker's name may hold what no file's may.
    private static string NameOf(WorkerId worker) => $"worker-{ShardKey.Fnv1a(worker.Value).ToString("x16", CultureInfo.InvariantCulture)}";

    private static void Delete(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            File.Delete(path);
        }
    }

    private void Try(Action<string> act)
    {
        try
        {
            if (folder is not null)
            {
                act(folder);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No room, or no right: then there is no note.
        }
    }
}
