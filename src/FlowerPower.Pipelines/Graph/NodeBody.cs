using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>What computes a node's value. Made once per graph, called often and from many threads.</summary>
internal abstract class NodeBody
{
    /// <summary>Computes the value; arguments are in the order of the parameters and already of their types.</summary>
    public abstract ValueTask<object?> InvokeAsync(object?[] arguments);
}

/// <summary>A static method; the runtime turns it into a direct call, and its exceptions come through as thrown.</summary>
internal sealed class MethodBody : NodeBody
{
    private readonly MethodInvoker invoker;
    private readonly Func<object, ValueTask<object?>>? awaiting;
    private readonly Func<object, object>? materialize;

    public MethodBody(MethodInfo method)
    {
        invoker = MethodInvoker.Create(method);
        var result = ResultOf(method.ReturnType);
        if (result != method.ReturnType)
        {
            var open = method.ReturnType.GetGenericTypeDefinition() == typeof(Task<>) ? nameof(FromTask) : nameof(FromValueTask);
            awaiting = Helper(open, result).CreateDelegate<Func<object, ValueTask<object?>>>();
        }

        if (IsLazy(result))
        {
            materialize = Helper(nameof(ToList), result.GetGenericArguments()[0]).CreateDelegate<Func<object, object>>();
        }
    }

    /// <summary>The T of a <c>Task&lt;T&gt;</c> or <c>ValueTask&lt;T&gt;</c>, else the type itself.</summary>
    private static Type ResultOf(Type returned) =>
        returned.IsGenericType && returned.GetGenericTypeDefinition() is var open && (open == typeof(Task<>) || open == typeof(ValueTask<>))
            ? returned.GetGenericArguments()[0]
            : returned;

    /// <summary>The type that consumers see: an <c>IEnumerable&lt;T&gt;</c> has become an <c>IReadOnlyList&lt;T&gt;</c>.</summary>
    public static Type ValueOf(MethodInfo method)
    {
        var result = ResultOf(method.ReturnType);
        return IsLazy(result) ? typeof(IReadOnlyList<>).MakeGenericType(result.GetGenericArguments()) : result;
    }

    public override ValueTask<object?> InvokeAsync(object?[] arguments)
    {
        var returned = invoker.Invoke(null, arguments.AsSpan());
        return awaiting is not null && returned is not null ? Finish(awaiting(returned)) : new(Finish(returned));
    }

    private async ValueTask<object?> Finish(ValueTask<object?> pending) => Finish(await pending.ConfigureAwait(false));

    /// <summary>An iterator would run once per consumer, and fail in theirs: it is run here, once.</summary>
    private object? Finish(object? value) => materialize is null || value is null ? value : materialize(value);

    private static bool IsLazy(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);

    private static MethodInfo Helper(string name, Type argument) =>
        typeof(MethodBody).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(argument);

    private static async ValueTask<object?> FromTask<T>(object task) => await ((Task<T>)task).ConfigureAwait(false);

    private static async ValueTask<object?> FromValueTask<T>(object task) => await ((ValueTask<T>)task).ConfigureAwait(false);

    private static object ToList<T>(object items) => items as IReadOnlyList<T> ?? ((IEnumerable<T>)items).ToList();
}

/// <summary>One field of another node's value.</summary>
internal sealed class FieldBody(string field, Func<object, object?> read) : NodeBody
{
    public override ValueTask<object?> InvokeAsync(object?[] arguments) => arguments[0] is { } whole
        ? new(read(whole))
        : throw new NodeValueException($"The value is null, so it has no field '{field}'.");
}
