using System.Collections;
using System.Reflection;

namespace FlowerPower.Pipelines;

/// <summary>A check of a node's value, as the runner uses it.</summary>
internal sealed record OutputCheck(Importance Importance, Func<object?, string?> FindProblem)
{
    /// <summary>The checks that a method's attributes ask for; what is wrong with an attribute goes to the problems.</summary>
    public static IReadOnlyList<OutputCheck> Of(NodeFunction function, List<string> problems)
    {
        var checks = new List<OutputCheck>();
        foreach (var attribute in function.Method.GetCustomAttributes<CheckOutputAttribute>())
        {
            checks.Add(new OutputCheck(attribute.Importance, value => FindBuiltIn(attribute, value)));
        }

        foreach (var attribute in function.Method.GetCustomAttributes<CheckOutputWithAttribute>())
        {
            if (Activate(attribute.Check) is { } check)
            {
                checks.Add(new OutputCheck(attribute.Importance, check.FindProblem));
            }
            else
            {
                problems.Add(
                    $"{function.Place}: {TypeNames.Of(attribute.Check)} is no output check; "
                    + "it must implement IOutputCheck and have a public constructor without parameters.");
            }
        }

        return checks;
    }

    private static IOutputCheck? Activate(Type type) =>
        type is { IsAbstract: false, ContainsGenericParameters: false }
        && typeof(IOutputCheck).IsAssignableFrom(type) && type.GetConstructor([]) is not null
            ? (IOutputCheck?)Activator.CreateInstance(type)
            : null;

    private static string? FindBuiltIn(CheckOutputAttribute rule, object? value)
    {
        if (value is null)
        {
            return rule.AllowNull ? null : "the value is null.";
        }

        // A type that fits the value as a whole is not asked of its elements: [CheckOutput(DataType = typeof(double[]))].
        var typeFitsWhole = rule.DataType?.IsInstanceOfType(value) == true;
        if (value is string or IDictionary || value is not IEnumerable items)
        {
            return FindInOne(rule, value, typeFitsWhole, "the value");
        }

        var (count, notANumber) = (0, 0);
        foreach (var item in items)
        {
            count++;
            notANumber += IsNaN(item) ? 1 : 0;
            if (FindInOne(rule, item, typeFitsWhole, $"element {count}") is { } problem)
            {
                return problem;
            }
        }

        var fraction = count == 0 ? 0 : (double)notANumber / count;
        return fraction > rule.MaxFractionNaN
            ? FormattableString.Invariant($"{notANumber} of {count} elements are NaN, which is more than {rule.MaxFractionNaN:P0}.")
            : null;
    }

    private static string? FindInOne(CheckOutputAttribute rule, object? value, bool typeFits, string subject)
    {
        if (value is null)
        {
            return rule.AllowNull ? null : $"{subject} is null.";
        }

        if (rule.DataType is { } type && !typeFits && !type.IsInstanceOfType(value))
        {
            return $"{subject} is {PlainValue.ShowWithType(value)}, not {TypeNames.Of(type)}.";
        }

        if (rule.ValuesIn is { } allowed && !allowed.Any(one => PlainValue.Same(one, value)))
        {
            return $"{subject} is {PlainValue.Show(value)}, which is none of {string.Join(", ", allowed.Select(PlainValue.Show))}.";
        }

        if (IsNaN(value))
        {
            return rule.AllowNaN ? null : $"{subject} is NaN.";
        }

        return FindOutOfRange(rule, value, subject);
    }

    private static string? FindOutOfRange(CheckOutputAttribute rule, object value, string subject)
    {
        if (double.IsNaN(rule.Min) && double.IsNaN(rule.Max))
        {
            return null;
        }

        if (!Numbers.IsNumber(value))
        {
            return $"{subject} is {PlainValue.ShowWithType(value)}, but Min and Max need numbers.";
        }

        var number = Numbers.ToDouble(value);
        return number < rule.Min ? FormattableString.Invariant($"{subject} is {PlainValue.Show(value)}, less than {rule.Min}.")
            : number > rule.Max ? FormattableString.Invariant($"{subject} is {PlainValue.Show(value)}, more than {rule.Max}.")
            : null;
    }

    private static bool IsNaN(object? value) => value is double.NaN or float.NaN || (value is Half half && Half.IsNaN(half));
}
