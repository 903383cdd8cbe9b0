namespace FlowerPower.Pipelines;

/// <summary>What a failed output check does.</summary>
public enum Importance
{
    /// <summary>The observer is told and the run goes on.</summary>
    Warn = 1,

    /// <summary>The node fails, and with it the run.</summary>
    Fail = 2,
}

/// <summary>
/// Looks at a node's value before anyone uses it: a scalar, or each element of a sequence. Only what is set is checked. Repeatable, so that one
/// rule may warn and another fail.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CheckOutputAttribute : Attribute
{
    /// <summary>The type that the value, or each element, must have; null: any.</summary>
    public Type? DataType { get; set; }

    /// <summary>The least number allowed, itself included; NaN (the default): no limit.</summary>
    public double Min { get; set; } = double.NaN;

    /// <summary>The greatest number allowed, itself included; NaN (the default): no limit.</summary>
    public double Max { get; set; } = double.NaN;

    /// <summary>May a number be NaN? True unless set.</summary>
    public bool AllowNaN { get; set; } = true;

    /// <summary>May the value or an element be null? True unless set.</summary>
    public bool AllowNull { get; set; } = true;

    /// <summary>The greatest part of a sequence that may be NaN; 0 to 1 (the default: no limit).</summary>
    public double MaxFractionNaN { get; set; } = 1;

    /// <summary>The only values allowed; null: any.</summary>
    public object?[]? ValuesIn { get; set; }

    /// <summary>What a failed check does; <see cref="Importance.Warn"/> unless set.</summary>
    public Importance Importance { get; set; } = Importance.Warn;
}

/// <summary>A check of your own, named by <see cref="CheckOutputWithAttribute"/>; needs a public constructor without parameters.</summary>
public interface IOutputCheck
{
    /// <summary>Looks at a node's value.</summary>
    /// <param name="value">The value; may be null. Not to be changed.</param>
    /// <returns>Null if it is in order, else one sentence that says what is wrong.</returns>
    string? FindProblem(object? value);
}

/// <summary>Looks at a node's value with a check of your own.</summary>
/// <param name="check">A type that implements <see cref="IOutputCheck"/>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CheckOutputWithAttribute(Type check) : Attribute
{
    /// <summary>The type of the check.</summary>
    public Type Check { get; } = check;

    /// <summary>What a failed check does; <see cref="Importance.Warn"/> unless set.</summary>
    public Importance Importance { get; set; } = Importance.Warn;
}
