namespace FlowerPower.Jobs;

/// <summary>What an <see cref="IndexedHeap{TItem, TOrder}"/> asks of its items.</summary>
internal interface IHeapOrder<TItem>
{
    /// <summary>Does <paramref name="a"/> come out before <paramref name="b"/>?</summary>
    bool IsBefore(TItem a, TItem b);

    /// <summary>Remember where an item is, so that it can be removed from the middle.</summary>
    void SetPosition(TItem item, int position);
}

/// <summary>A binary heap whose items know their position: any item is removed in O(log n), so nothing dead stays inside.</summary>
/// <typeparam name="TItem">What stands in the heap.</typeparam>
/// <typeparam name="TOrder">A struct, so that the comparisons are compiled into the loops.</typeparam>
internal sealed class IndexedHeap<TItem, TOrder>(TOrder order)
    where TOrder : struct, IHeapOrder<TItem>
{
    private const int SmallCapacity = 4;

    private TItem[] items = [];

    /// <summary>The number of items.</summary>
    public int Count { get; private set; }

    /// <summary>The first item in order; only if <see cref="Count"/> is above zero.</summary>
    public TItem First => items[0];

    /// <summary>Add an item that is not inside.</summary>
    public void Add(TItem item)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, Math.Max(SmallCapacity, Count * 2));
        }

        RiseFrom(Count++, item);
    }

    /// <summary>Remove the item at a position.</summary>
    public void RemoveAt(int position)
    {
        var last = items[--Count];
        items[Count] = default!;
        if (position < Count)
        {
            Place(position, last);
        }

        if (items.Length > SmallCapacity * 4 && Count < items.Length / 4)
        {
            Array.Resize(ref items, items.Length / 2); // a line that was long once does not stay big
        }
    }

    /// <summary>Restore the order after the item at a position has changed.</summary>
    public void Update(int position) => Place(position, items[position]);

    private void Place(int position, TItem item)
    {
        if (position > 0 && order.IsBefore(item, items[(position - 1) / 2]))
        {
            RiseFrom(position, item);
        }
        else
        {
            SinkFrom(position, item);
        }
    }

    private void RiseFrom(int position, TItem item)
    {
        while (position > 0)
        {
            var parent = (position - 1) / 2;
            if (!order.IsBefore(item, items[parent]))
            {
                break;
            }

            Put(position, items[parent]);
            position = parent;
        }

        Put(position, item);
    }

    private void SinkFrom(int position, TItem item)
    {
        while (true)
        {
            var child = (position * 2) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && order.IsBefore(items[child + 1], items[child]))
            {
                child++;
            }

            if (!order.IsBefore(items[child], item))
            {
                break;
            }

            Put(position, items[child]);
            position = child;
        }

        Put(position, item);
    }

    private void Put(int position, TItem item)
    {
        items[position] = item;
        order.SetPosition(item, position);
    }
}
