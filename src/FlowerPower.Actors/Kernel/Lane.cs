using System.Runtime.CompilerServices;

namespace FlowerPower.Actors;

/// <summary>A link of a <see cref="Lane{T}"/>; belongs to at most one lane at a time.</summary>
internal abstract class LaneItem
{
    /// <summary>The mark of a closed lane. Here and not in the generic struct, where a static costs a lookup.</summary>
    internal static readonly LaneItem Closed = new Marker();

    internal LaneItem? Next;

    private sealed class Marker : LaneItem;
}

/// <summary>A first-in-first-out lane with many producers and one consumer: two words when empty, nothing but the items when not.</summary>
/// <remarks>
/// Producers push onto a stack; the consumer takes the whole stack at once and reverses it. The order per producer is kept, and the pop
/// that makes lock-free stacks hard does not occur. Closing swaps in a marker, so each item is either in the chain that
/// <see cref="Close"/> returns or was refused: none is in between. A mutable struct: keep it in a field.
/// </remarks>
internal struct Lane<T>
    where T : LaneItem
{
    private LaneItem? newest; // shared with the producers
    private LaneItem? oldest; // the consumer's own

    /// <summary>May be asked by anyone: did something arrive that the consumer has not taken over?</summary>
    public readonly bool HasNew => Volatile.Read(in newest) is { } item && !ReferenceEquals(item, LaneItem.Closed);

    /// <summary>Adds at the end; <see langword="false"/> if the lane is closed.</summary>
    public bool TryPush(T item)
    {
        var head = Volatile.Read(ref newest);
        while (!ReferenceEquals(head, LaneItem.Closed))
        {
            item.Next = head;
            var seen = Interlocked.CompareExchange(ref newest, item, head);
            if (ReferenceEquals(seen, head))
            {
                return true;
            }

            head = seen;
        }

        return false;
    }

    /// <summary>Consumer only: the next item, or <see langword="null"/>.</summary>
    public T? Take()
    {
        if (oldest is null)
        {
            if (!HasNew)
            {
                return null;
            }

            oldest = Reverse(Interlocked.Exchange(ref newest, null));
        }

        var item = oldest!;
        oldest = item.Next;
        item.Next = null;
        return Unsafe.As<T>(item);
    }

    /// <summary>Consumer only: puts a chain before everything else.</summary>
    public void PutFirst(T first, T last)
    {
        last.Next = oldest;
        oldest = first;
    }

    /// <summary>Consumer only: refuses all further items and returns the chain of those left, in order.</summary>
    public T? Close()
    {
        var head = Interlocked.Exchange(ref newest, LaneItem.Closed);
        var late = ReferenceEquals(head, LaneItem.Closed) ? null : Reverse(head);
        var first = oldest;
        oldest = null;
        if (first is null)
        {
            return Unsafe.As<T>(late);
        }

        var last = first;
        while (last.Next is { } next)
        {
            last = next;
        }

        last.Next = late;
        return Unsafe.As<T>(first);
    }

    /// <summary>Items in the lane; exact only while nobody pushes or takes.</summary>
    public readonly int CountWhenQuiet()
    {
        var count = 0;
        for (var item = oldest; item is not null; item = item.Next)
        {
            count++;
        }

        for (var item = newest; item is not null && !ReferenceEquals(item, LaneItem.Closed); item = item.Next)
        {
            count++;
        }

        return count;
    }

    private static LaneItem? Reverse(LaneItem? item)
    {
        LaneItem? reversed = null;
        while (item is not null)
        {
            (item.Next, reversed, item) = (reversed, item, item.Next);
        }

        return reversed;
    }
}
