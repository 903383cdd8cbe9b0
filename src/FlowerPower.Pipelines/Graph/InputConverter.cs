using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowerPower.Pipelines;

/// <summary>Turns what configuration and callers hand in into what a parameter takes: strict about meaning, generous about form.</summary>
internal static class InputConverter
{
    /// <summary>Converts a value for a parameter.</summary>
    /// <param name="value">The value: plain, JSON, or already of the type.</param>
    /// <param name="target">The parameter's type.</param>
    /// <param name="result">The converted value.</param>
    /// <returns>Null if it worked, else what came and what is expected, without subject: <c>"abc" (string) came, int is expected</c>.</returns>
    public static string? TryConvert(object? value, Type target, out object? result)
    {
        if (target == typeof(JsonElement) || typeof(JsonNode).IsAssignableFrom(target))
        {
            return AsJson(value, target, out result);
        }

        result = PlainValue.Unwrap(value);
        if (Nullable.GetUnderlyingType(target) is { } inner)
        {
            return result is null ? null : TryConvert(result, inner, out result);
        }

        if (result is null)
        {
            return target.IsValueType ? Mismatch(null, target) : null;
        }

        if (target.IsInstanceOfType(result))
        {
            return null;
        }

        return result switch
        {
            string text => FromText(text, target, out result),
            _ when Numbers.IsNumber(result) && Numbers.IsNumeric(target) => FromNumber(result, target, out result),
            _ when PlainValue.AsDictionary(result) is { } entries => FromEntries(entries, target, out result),
            IEnumerable items when ElementType(target) is { } element => FromItems(items, target, element, out result),
            var other => Mismatch(other, target),
        };
    }

    /// <summary>The T of the sequence types that a parameter may have; null for other types, text and dictionaries.</summary>
    public static Type? ElementType(Type type)
    {
        if (type.IsArray)
        {
            return type.GetArrayRank() == 1 ? type.GetElementType() : null;
        }

        if (type == typeof(string) || EntryType(type) is not null)
        {
            return null;
        }

        var sequence = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)
            ? type
            : type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>));
        return sequence?.GetGenericArguments()[0];
    }

    private static string? FromText(string text, Type target, out object? result) =>
        TextConverter.TryConvert(text, target, out result) ? null : Mismatch(text, target, TextConverter.FormOf(target));

    private static string? FromNumber(object number, Type target, out object? result)
    {
        if (Numbers.TryConvert(number, target, out result))
        {
            return null;
        }

        return $"{PlainValue.ShowWithType(number)} came, which does not fit {TypeNames.Of(target)}";
    }

    private static string? FromItems(IEnumerable items, Type target, Type element, out object? result)
    {
        result = null;
        var converted = new List<object?>();
        foreach (var item in items)
        {
            if (TryConvert(item, element, out var one) is { } problem)
            {
                return $"element {converted.Count + 1}: {problem}";
            }

            converted.Add(one);
        }

        var array = Array.CreateInstance(element, converted.Count);
        for (var i = 0; i < converted.Count; i++)
        {
            array.SetValue(converted[i], i);
        }

        Type[] candidates = [element.MakeArrayType(), typeof(List<>).MakeGenericType(element), typeof(HashSet<>).MakeGenericType(element)];
        foreach (var candidate in candidates)
        {
            if (target.IsAssignableFrom(candidate))
            {
                result = candidate.IsArray ? array : Activator.CreateInstance(candidate, array);
                return null;
            }
        }

        return Mismatch(items, target);
    }

    private static string? FromEntries(IReadOnlyDictionary<string, object?> entries, Type target, out object? result)
    {
        if (EntryType(target) is not { } entry)
        {
            return RecordConverter.TryConvert(entries, target, out result);
        }

        var converted = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), entry))!;
        result = converted;
        foreach (var (key, value) in entries)
        {
            if (TryConvert(value, entry, out var one) is { } problem)
            {
                return $"entry '{key}': {problem}";
            }

            converted[key] = one;
        }

        return target.IsInstanceOfType(converted) ? null : Mismatch(entries, target);
    }

    /// <summary>The T of a dictionary type with text keys; null for other types.</summary>
    public static Type? EntryType(Type type) =>
        type.GetInterfaces().Prepend(type)
            .Where(i => i.IsGenericType && i.GetGenericArguments() is [var key, _] && key == typeof(string))
            .Where(i => i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) || i.GetGenericTypeDefinition() == typeof(IDictionary<,>))
            .Select(i => i.GetGenericArguments()[1])
            .FirstOrDefault();

    private static string? AsJson(object? value, Type target, out object? result)
    {
        result = value;
        if (value is not null && target.IsInstanceOfType(value))
        {
            return null;
        }

        try
        {
            result = JsonSerializer.SerializeToElement(value, JsonCaches.Options).Deserialize(target, JsonCaches.Options);
            return null;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            return Mismatch(value, target);
        }
    }

    private static string Mismatch(object? value, Type target, string? form = null) =>
        $"{PlainValue.ShowWithType(value)} came, {TypeNames.Of(target)} is expected{(form is null ? "" : $" ({form})")}{AsText(value, target)}";

    /// <summary>Who writes <c>name=5</c> and means a text has to say so, and a shell takes quotes away.</summary>
    private static string AsText(object? value, Type target) =>
        target == typeof(string) && PlainValue.Unwrap(value) is { } plain && (plain is bool || Numbers.IsNumber(plain))
            ? $"; as a text it is written \"{PlainValue.Show(plain)}\", and for a shell '\"{PlainValue.Show(plain)}\"'"
            : "";
}
