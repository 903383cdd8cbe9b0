using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FlowerPower.Pipelines;

/// <summary>Takes one field out of a dictionary, a tuple, or a record or other object.</summary>
internal sealed record FieldReader(Type Type, Func<object, object?> Read)
{
    /// <summary>Makes the reader.</summary>
    /// <param name="whole">The type that has the fields.</param>
    /// <param name="method">The method that returns it; it knows the names of a tuple's elements.</param>
    /// <param name="fields">All the fields asked for.</param>
    /// <param name="index">Which of them this reader takes; 0-based.</param>
    /// <param name="reader">The reader, if there is no problem.</param>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Create(Type whole, MethodInfo method, IReadOnlyList<string> fields, int index, out FieldReader? reader)
    {
        var field = fields[index];
        reader = null;
        if (!NodeNames.IsValid(field))
        {
            return $"'{field}' is no name for a node; use letters, digits and underscores.";
        }

        if (InputConverter.EntryType(whole) is { } entry)
        {
            reader = new FieldReader(entry, value => FromDictionary(value, field));
            return null;
        }

        if (typeof(ITuple).IsAssignableFrom(whole) && whole.IsGenericType)
        {
            return FromTuple(whole, method, fields, index, out reader);
        }

        if (whole == typeof(object))
        {
            reader = new FieldReader(typeof(object), value => FromAnything(value, field));
            return null;
        }

        if (Property(whole, field) is not { } property)
        {
            var known = whole.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => NodeNames.Snake(p.Name));
            return $"{TypeNames.Of(whole)} has no property for the field '{field}'.{NodeNames.DidYouMean(field, known)}";
        }

        var getter = MethodInvoker.Create(property.GetMethod!);
        reader = new FieldReader(property.PropertyType, value => getter.Invoke(value));
        return null;
    }

    private static string? FromTuple(Type whole, MethodInfo method, IReadOnlyList<string> fields, int index, out FieldReader? reader)
    {
        reader = null;
        var types = ElementTypes(whole).ToList();
        var names = method.ReturnParameter.GetCustomAttribute<TupleElementNamesAttribute>()?.TransformNames.Take(types.Count).ToList();
        var position = names?.FindIndex(name => name is not null && NodeNames.Snake(name) == NodeNames.Snake(fields[index])) ?? -1;
        if (position < 0 && names?.Any(name => name is not null) != true && fields.Count == types.Count)
        {
            position = index; // a tuple without names: field by field in order
        }

        if (position < 0)
        {
            return $"the tuple {TypeNames.Of(whole)} has no element named '{fields[index]}'; "
                + "name its elements, or give as many fields as it has elements.";
        }

        reader = new FieldReader(types[position], value => ((ITuple)value)[position]);
        return null;
    }

    /// <summary>The eighth element and those after it sit in a tuple of their own.</summary>
    private static IEnumerable<Type> ElementTypes(Type tuple) =>
        tuple.GetGenericArguments().SelectMany((type, i) => i == 7 ? ElementTypes(type) : [type]);

    private static object? FromDictionary(object value, string field)
    {
        if (value is IDictionary entries && entries.Contains(field))
        {
            return entries[field];
        }

        var all = PlainValue.AsDictionary(value) ?? new Dictionary<string, object?>();
        var key = all.Keys.FirstOrDefault(key => NodeNames.Snake(key) == NodeNames.Snake(field))
            ?? throw new NodeValueException($"The dictionary has no entry '{field}'; it has {string.Join(", ", all.Keys.Take(10))}.");
        return all[key];
    }

    private static object? FromAnything(object value, string field)
    {
        if (PlainValue.AsDictionary(value) is not null)
        {
            return FromDictionary(value, field);
        }

        var property = Property(value.GetType(), field)
            ?? throw new NodeValueException($"{TypeNames.Of(value.GetType())} has no field '{field}'.");
        return MethodInvoker.Create(property.GetMethod!).Invoke(value);
    }

    private static PropertyInfo? Property(Type type, string field) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .FirstOrDefault(p => NodeNames.Snake(p.Name) == NodeNames.Snake(field));
}
