using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace FlowerPower.Actors.Transport;

/// <summary>The closed set of types that a process sends and understands.</summary>
public sealed class WireTypes
{
    private readonly FrozenDictionary<string, WireType>.AlternateLookup<ReadOnlySpan<char>> byId;
    private readonly FrozenDictionary<Type, WireType> byType;
    private readonly ConcurrentDictionary<Type, WireType?> found = new();

    /// <summary>Makes the set.</summary>
    /// <exception cref="ArgumentException">Two have the same id or the same CLR type.</exception>
    public WireTypes(params IEnumerable<WireType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        var all = types.Append(RemoteFailure.WireType).ToList();
        foreach (var group in all.GroupBy(t => t.Id).Where(g => g.Count() > 1))
        {
            throw new ArgumentException($"The wire type '{group.Key}' is registered twice: give each type an id of its own.", nameof(types));
        }

        foreach (var group in all.GroupBy(t => t.Type).Where(g => g.Count() > 1))
        {
            throw new ArgumentException(
                $"{group.Key.Name} is registered as {string.Join(" and ", group.Select(t => t.Id))}: register each type once.", nameof(types));
        }

        byId = all.ToFrozenDictionary(t => t.Id, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        byType = all.ToFrozenDictionary(t => t.Type);
    }

    /// <exception cref="ArgumentException">The type may not travel: a mistake in the program.</exception>
    internal WireType Of(object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var type = message.GetType();
        return byType.GetValueOrDefault(type)
            ?? found.GetOrAdd(type, FindBase)
            ?? throw new ArgumentException($"{type.Name} cannot be sent to another process: register it in WireTypes.", nameof(message));
    }

    internal WireType? Find(ReadOnlySpan<byte> utf8Id)
    {
        Span<char> id = stackalloc char[WireType.MaxIdLength];
        if (utf8Id.Length > id.Length)
        {
            return null;
        }

        for (var i = 0; i < utf8Id.Length; i++)
        {
            id[i] = (char)utf8Id[i]; // ids are ASCII; another byte makes a letter that no id has
        }

        return byId.TryGetValue(id[..utf8Id.Length], out var type) ? type : null;
    }

    private WireType? FindBase(Type type)
    {
        for (var t = type.BaseType; t is not null; t = t.BaseType)
        {
            if (byType.TryGetValue(t, out var known))
            {
                return known;
            }
        }

        return null;
    }
}
