using System.Buffers.Binary;
using System.Text;

namespace FlowerPower.Storage.Contracts;

/// <summary>
/// What the scripts of a shard do to its keys, said a second time as plainly as it can be: no chunks, no portions, no caches. Each operation gives
/// the script's reply as text and leaves what the keys must mean afterwards.
/// </summary>
internal sealed class ShardScripts(int shard, int bucketsBefore)
{
    private static readonly string Start = new('0', 32);

    private readonly List<string> bucketNames = [];
    private readonly SortedDictionary<string, Entry> records = new(StringComparer.Ordinal);
    private readonly List<byte[]> log = [];
    private string? node;
    private string? claim;
    private bool wasClaimed;
    private bool wasWritten;
    private long sequence;
    private string token = Start;
    private long cut;

    /// <summary>The names that have a number, in the order of their numbers.</summary>
    public IReadOnlyList<string> BucketNames => bucketNames;

    public IEnumerable<string> Ids => records.Keys;

    public string Token => token;

    public long Sequence => sequence;

    public string Claim(string mine, string who, string seen)
    {
        if (claim != mine)
        {
            if ((claim ?? "") != seen)
            {
                return $"[HELD,{node ?? ""},{claim ?? ""}]";
            }

            (claim, node, wasClaimed) = (mine, who, true);
        }

        return $"[OK,{sequence},{token},{cut}]";
    }

    public string Release(string mine)
    {
        if (claim == mine)
        {
            (claim, node) = (null, null);
        }

        return "[OK]";
    }

    /// <param name="entry">The log entry without its number.</param>
    public string Append(string mine, string previous, string next, long? cutThrough, byte[] entry, IReadOnlyList<RecordChange> changes)
    {
        if (claim != mine)
        {
            return $"[FENCED,{node ?? ""},{claim ?? ""}]";
        }

        if (token == next)
        {
            return $"[DUP,{sequence}]";
        }

        if (token != previous)
        {
            return $"[CONFLICT,{sequence},{token}]";
        }

        var newCut = Math.Max(cut, cutThrough ?? 0);
        if (newCut > sequence + 1)
        {
            return $"[CUT,{sequence + 1}]";
        }

        sequence++;
        (token, wasWritten) = (next, true);
        var number = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, sequence);
        log.Add([.. number, .. entry]);
        log.RemoveRange(0, (int)(newCut - cut));
        cut = newCut;
        foreach (var change in changes)
        {
            records.Remove(change.EntityId);
            if (change.Index is { } index)
            {
                var code = RecordFormat.Code(NumberOf(RecordBucket.Of(index).Name));
                byte[] value = [.. code, .. RecordFormat.Encode(shard, change, index)];
                records.Add(change.EntityId, new Entry(change.EntityId, code, index.SortAt.UtcTicks, change.ExpiresAt?.UtcTicks, change.IsLive, value));
            }
        }

        return $"[OK,{sequence}]";
    }

    /// <summary>Which records may go is said; which of them go first is not.</summary>
    /// <param name="isThere">Which records are left, in Redis.</param>
    public string Prune(string mine, long now, int room, Func<string, bool> isThere)
    {
        if (claim != mine)
        {
            return "[FENCED]";
        }

        var due = records.Values.Where(r => r.Expires <= now).Select(r => r.Id).ToList();
        var expected = Math.Min(room, due.Count);
        foreach (var id in due.Where(id => !isThere(id)).Take(expected))
        {
            records.Remove(id);
        }

        return $"[OK,{expected}]";
    }

    public string Log(long after, int most)
    {
        var page = log.Skip((int)Math.Max(after - cut, 0)).Take(most).Select(Hex);
        return $"[{sequence},{token},{cut},[{string.Join(',', page)}]]";
    }

    public string Live(string after, int most)
    {
        var page = Alive().Where(r => after.Length == 0 || Compare(Encoding.UTF8.GetBytes(r.Id), Encoding.UTF8.GetBytes(after)) > 0).Take(most).ToList();
        return $"[[{string.Join(',', page.Select(r => Hex(Encoding.UTF8.GetBytes(r.Id))))}],[{string.Join(',', page.Select(r => Hex(r.Value)))}]]";
    }

    /// <param name="after">A place, or nothing.</param>
    public string List(byte[] code, byte[] after, int most)
    {
        var page = InOrder(code).Reverse().Where(r => after.Length == 0 || Compare(r.Place, after) < 0).Take(most);
        return $"[[{string.Join(',', page.Select(r => Hex([.. code, .. r.Place])))}]]";
    }

    public byte[] CodeOf(string bucketName) => RecordFormat.Code(NumberOf(bucketName));

    /// <summary>What every key must hold, a line for each thing.</summary>
    public IEnumerable<string> Image()
    {
        yield return $"head claim={claim} node={node} since={(claim is null ? "no" : "yes")} epoch={(wasClaimed ? "yes" : "no")}";
        yield return wasWritten ? $"head seq={sequence} tok={token} cut={cut}" : "head seq= tok= cut=";
        foreach (var entry in log)
        {
            yield return $"log {Hex(entry)}";
        }

        foreach (var record in records.Values)
        {
            yield return $"rec {record.Id}={Hex(record.Value)}";
        }

        foreach (var record in Alive())
        {
            yield return $"live {record.Id}";
        }

        foreach (var bucket in records.Values.GroupBy(r => Hex(r.Code)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            yield return $"n {RecordFormat.BucketOf([.. bucket.First().Code, 0, 0])}={bucket.Count()}";
            foreach (var record in InOrder(bucket.First().Code))
            {
                yield return $"ix {bucket.Key} {Hex(record.Place)}";
            }
        }

        for (var i = 0; i < bucketNames.Count; i++)
        {
            yield return $"bk {bucketNames[i]}={bucketsBefore + i + 1}";
        }
    }

    /// <summary>When a record expires, by its bucket's code and its place; <see langword="null"/>: never.</summary>
    public long? ExpiryOf(string codeAndPlace) =>
        records.Values.Single(r => Hex([.. r.Code, .. r.Place]) == codeAndPlace).Expires;

    public static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private int NumberOf(string name)
    {
        if (!bucketNames.Contains(name))
        {
            bucketNames.Add(name);
        }

        return bucketsBefore + bucketNames.IndexOf(name) + 1;
    }

    private IEnumerable<Entry> Alive() => records.Values.Where(r => r.IsLive).OrderBy(r => Encoding.UTF8.GetBytes(r.Id), Comparer<byte[]>.Create(Compare));

    private IEnumerable<Entry> InOrder(byte[] code) =>
        records.Values.Where(r => r.Code.SequenceEqual(code)).OrderBy(r => r.Place, Comparer<byte[]>.Create(Compare));

    private static int Compare(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    private sealed record Entry(string Id, byte[] Code, long Sort, long? Expires, bool IsLive, byte[] Value)
    {
        public byte[] Place { get; } = PlaceOf(Sort, Id);

        private static byte[] PlaceOf(long sort, string id)
        {
            var instant = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(instant, sort);
            return [.. instant, .. Encoding.UTF8.GetBytes(id)];
        }
    }
}
