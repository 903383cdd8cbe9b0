using System.Collections;

namespace FlowerPower.Pipelines;

/// <summary>Nodes that run for each element of a sequence: spread over the workers, and gathered in order.</summary>
internal sealed partial class GraphRun
{
    /// <summary>Makes one piece of work per element; true if there are none, so that the node is done.</summary>
    private bool Spread(int index, PlanStep step)
    {
        var slot = step.Slots[step.EachSlot];
        var given = slot.Step < 0 ? slot.Value : states[slot.Step].Value;
        var parameter = step.Node.Arguments[step.EachSlot].Parameter;
        if (given is string or not IEnumerable)
        {
            throw new NodeValueException($"Parameter '{parameter}' runs over the elements of a sequence, but {PlainValue.ShowWithType(given)} came.");
        }

        var elements = ((IEnumerable)given).Cast<object?>().Select(element => Fitted(step, step.EachSlot, element, slot.Converts)).ToArray();
        int calling;
        lock (gate)
        {
            var state = states[index];
            (state.Elements, state.Results, state.ElementsLeft) = (elements, new object?[elements.Length], elements.Length);
            for (var i = 0; i < elements.Length && !stopping.Task.IsCompleted; i++)
            {
                ready.Enqueue(new Work(index, i));
            }

            calling = Hire();
        }

        Call(calling);
        return elements.Length == 0;
    }

    /// <summary>Takes in one element's result; true with the whole list if it was the last.</summary>
    private bool Gather(Work work, object? result, Type listType, out object? list)
    {
        list = null;
        var state = states[work.Step];
        lock (gate)
        {
            if (work.Element != Work.Whole)
            {
                state.Results![work.Element] = result;
                if (--state.ElementsLeft > 0)
                {
                    return false;
                }
            }
        }

        var array = Array.CreateInstance(listType.GetGenericArguments()[0], state.Results!.Length);
        for (var i = 0; i < array.Length; i++)
        {
            array.SetValue(state.Results[i], i);
        }

        list = array;
        (state.Elements, state.Results) = (null, null);
        return true;
    }
}
