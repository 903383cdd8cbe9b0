using System.Reflection;

namespace FlowerPower.PublicSurface;

/// <summary>Types as C# writes them, nullable references included; without the namespaces of the platform.</summary>
internal static class TypeNames
{
    private static readonly NullabilityInfoContext Nulls = new();

    private static readonly Dictionary<Type, string> Short = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(double)] = "double",
    };

    public static string Of(Type type) => Of(type, null);

    public static string Of(ParameterInfo parameter) => Of(parameter.ParameterType, Nulls.Create(parameter));

    public static string Of(PropertyInfo property) => Of(property.PropertyType, Nulls.Create(property));

    public static string Of(FieldInfo field) => Of(field.FieldType, Nulls.Create(field));

    private static string Of(Type type, NullabilityInfo? nulls)
    {
        var mark = !type.IsValueType && nulls?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nulls);
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Of(value) + "?";
        }

        if (type.IsArray)
        {
            return Of(type.GetElementType()!, nulls?.ElementType) + "[]" + mark;
        }

        if (Short.TryGetValue(type, out var name))
        {
            return name + mark;
        }

        if (type.IsGenericParameter)
        {
            return type.Name + mark;
        }

        // A nested type lists its outer type's arguments first.
        var arguments = type.GetGenericArguments();
        var outer = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        var own = arguments.Skip(outer).Select((argument, i) => Of(argument, nulls?.GenericTypeArguments.ElementAtOrDefault(i + outer))).ToList();
        var path = type.DeclaringType is { } around ? Of(around) + "." : IsOurs(type) ? type.Namespace + "." : "";
        return path + type.Name.Split('`')[0] + (own.Count > 0 ? $"<{string.Join(", ", own)}>" : "") + mark;
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("FlowerPower", StringComparison.Ordinal) == true;
}
