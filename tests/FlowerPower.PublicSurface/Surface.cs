using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace FlowerPower.PublicSurface;

/// <summary>
/// An assembly's public and protected types and members as text, a line each, sorted. What the compiler adds to records is left out.
/// </summary>
internal static class Surface
{
    private const BindingFlags Own = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(TypeNames.Of, StringComparer.Ordinal))
        {
            text.Append(Head(type)).Append('\n');
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Head(Type type)
    {
        var isRecord = type.GetMethod("PrintMembers", Own) is not null;
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
        {
            bases.Add(TypeNames.Of(parent));
        }

        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var added = type.IsEnum ? [] : type.GetInterfaces().Except(inherited).Where(i => i.IsVisible && !(isRecord && IsOwnEquality(i)));
        bases.AddRange(added.Select(TypeNames.Of).Order(StringComparer.Ordinal));
        kind = isRecord ? kind.Replace("class", "record", StringComparison.Ordinal).Replace("struct", "record struct", StringComparison.Ordinal) : kind;
        return $"{kind} {TypeNames.Of(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static bool IsOwnEquality(Type contract) => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IEquatable<>);

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Select(v => $"{v} = {Convert.ToInt64(v, CultureInfo.InvariantCulture)}");
        }

        return type.GetMembers(Own).Where(member => member is not Type && !IsFromCompiler(member)).Select(Describe).OfType<string>();
    }

    private static bool IsFromCompiler(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal)
        || (member is MethodBase && member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
        || (member is PropertyInfo { Name: "EqualityContract" });

    private static string? Describe(MemberInfo member) => member switch
    {
        FieldInfo field when IsSeen(field) => $"{Access(field)}{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{TypeNames.Of(field)} {field.Name}"
            + (field.IsLiteral ? $" = {Value(field.GetRawConstantValue())}" : ""),
        ConstructorInfo { IsStatic: false } made when IsSeen(made) => $"{Access(made)}new({Parameters(made)})",
        MethodInfo { IsSpecialName: false } method when IsSeen(method) =>
            $"{Access(method)}{Modifiers(method)}{TypeNames.Of(method.ReturnParameter)} {method.Name}{Generics(method)}({Parameters(method)})",
        MethodInfo { IsSpecialName: true } method when IsSeen(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) =>
            $"static {TypeNames.Of(method.ReturnParameter)} {method.Name}({Parameters(method)})",
        PropertyInfo property => Property(property),
        EventInfo happening when IsSeen(happening.AddMethod!) => $"event {TypeNames.Of(happening.EventHandlerType!)} {happening.Name}",
        _ => null,
    };

    private static string? Property(PropertyInfo property)
    {
        var accessors = new[] { property.GetMethod, property.SetMethod }.Where(accessor => accessor is not null && IsSeen(accessor)).ToList();
        if (accessors.Count == 0)
        {
            return null;
        }

        var words = accessors.Select(accessor => accessor == property.GetMethod ? "get;" : IsInit(accessor!) ? "init;" : "set;");
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var index = property.GetIndexParameters() is { Length: > 0 } keys ? $"[{string.Join(", ", keys.Select(Parameter))}]" : "";
        return $"{Access(accessors[0]!)}{Modifiers(accessors[0]!)}{required}{TypeNames.Of(property)} {property.Name}{index} {{ {string.Join(' ', words)} }}";
    }

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsSeen(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Access(FieldInfo field) => field.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method) => method switch
    {
        { IsStatic: true } => "static ",
        { DeclaringType.IsInterface: true } => "",
        { IsAbstract: true } => "abstract ",
        { IsFinal: true } or { IsVirtual: false } => "",
        _ => method.GetBaseDefinition() == method ? "virtual " : "override ",
    };

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) =>
        (parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")
        + $"{TypeNames.Of(parameter)} {parameter.Name}" + (parameter.HasDefaultValue ? $" = {DefaultOf(parameter)}" : "");

    private static string DefaultOf(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null && parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null
            ? "default"
            : Value(parameter.RawDefaultValue);

    private static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
