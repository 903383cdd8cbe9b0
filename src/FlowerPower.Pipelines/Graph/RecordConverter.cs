using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace FlowerPower.Pipelines;

/// <summary>Dictionaries to records and classes, by System.Text.Json; names match in snake_case or as written.</summary>
internal static class RecordConverter
{
    public static string? TryConvert(IReadOnlyDictionary<string, object?> entries, Type target, out object? result)
    {
        result = null;
        if (target.IsPrimitive || target.IsEnum || target.IsAbstract || target == typeof(string) || InputConverter.ElementType(target) is not null)
        {
            return $"a dictionary of {entries.Count} came, {TypeNames.Of(target)} is expected";
        }

        try
        {
            var json = JsonSerializer.SerializeToElement(WithPropertyNames(entries, target), JsonCaches.Options);
            result = json.Deserialize(target, JsonCaches.Options);
            return null;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or InvalidOperationException)
        {
            return $"a dictionary of {entries.Count} came, which does not make a {TypeNames.Of(target)}: {Reason(error)}";
        }
    }

    /// <summary>The serializer's reason, without its count of bytes in JSON that nobody has seen.</summary>
    private static string Reason(Exception error) =>
        error is JsonException { Path: ['$', '.', .. var property] } && error.Message.Contains("could not be converted", StringComparison.Ordinal)
            ? $"'{property}' has a value of another type"
            : error.Message.Split(" Path: ")[0].TrimEnd('.');

    /// <summary>The value with the keys of everything that becomes a record renamed; dictionaries' keys are data and stay.</summary>
    private static object? Renamed(object? value, Type type)
    {
        var plain = PlainValue.Unwrap(value);
        var target = Nullable.GetUnderlyingType(type) ?? type;
        if (plain is string text)
        {
            // Enums in snake_case and instants without an offset mean in a record what they mean as an input.
            return TextConverter.TryConvert(text, target, out var converted) ? converted : text;
        }

        if (plain is null || target == typeof(object))
        {
            return plain;
        }

        if (PlainValue.AsDictionary(plain) is { } entries)
        {
            return InputConverter.EntryType(target) is { } entry
                ? entries.ToDictionary(pair => pair.Key, pair => Renamed(pair.Value, entry))
                : WithPropertyNames(entries, target);
        }

        return plain is IEnumerable items && InputConverter.ElementType(target) is { } element
            ? items.Cast<object?>().Select(item => Renamed(item, element)).ToList()
            : plain;
    }

    private static Dictionary<string, object?> WithPropertyNames(IReadOnlyDictionary<string, object?> entries, Type target)
    {
        var properties = new Dictionary<string, PropertyInfo>();
        foreach (var property in target.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            properties.TryAdd(NodeNames.Snake(property.Name), property);
        }

        var renamed = new Dictionary<string, object?>();
        foreach (var (key, value) in entries)
        {
            var property = properties.GetValueOrDefault(NodeNames.Snake(key));
            renamed[property?.Name ?? key] = property is null ? value : Renamed(value, property.PropertyType);
        }

        return renamed;
    }
}
