namespace FlowerPower.Pipelines;

/// <summary>
/// A condition on the run's config under which a method is part of the graph. Several on one method must all hold. A key that the config
/// lacks counts as null. Methods that differ only behind a double underscore (<c>Rates__Eu</c>, <c>Rates__Us</c>) are variants of one node.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public abstract class ConfigConditionAttribute : Attribute
{
    private protected ConfigConditionAttribute(string key, object?[] values) => (Key, Values) = (key, values);

    /// <summary>The config entry that is looked at.</summary>
    public string Key { get; }

    /// <summary>What it is compared with; texts, numbers, booleans or null.</summary>
    public IReadOnlyList<object?> Values { get; }

    /// <summary>Does the condition hold under this config?</summary>
    /// <param name="config">The run's config.</param>
    public bool Holds(IReadOnlyDictionary<string, object?> config) =>
        Values.Any(value => PlainValue.Same(value, config.GetValueOrDefault(Key))) == WantsMatch;

    private protected abstract bool WantsMatch { get; }

    /// <summary>The condition as words, e.g. <c>region is "eu"</c>.</summary>
    public override string ToString()
    {
        var values = string.Join(", ", Values.Select(PlainValue.Show));
        return (WantsMatch, Values.Count) switch
        {
            (true, 1) => $"{Key} is {values}",
            (true, _) => $"{Key} is one of {values}",
            (false, 1) => $"{Key} is not {values}",
            _ => $"{Key} is none of {values}",
        };
    }
}

/// <summary>The method counts only if a config entry has a value: <c>[When("region", "eu")]</c>.</summary>
/// <param name="key">The config entry.</param>
/// <param name="value">The value it must have.</param>
public sealed class WhenAttribute(string key, object? value) : ConfigConditionAttribute(key, [value])
{
    private protected override bool WantsMatch => true;
}

/// <summary>The method counts only if a config entry does not have a value.</summary>
/// <param name="key">The config entry.</param>
/// <param name="value">The value it must not have.</param>
public sealed class WhenNotAttribute(string key, object? value) : ConfigConditionAttribute(key, [value])
{
    private protected override bool WantsMatch => false;
}

/// <summary>The method counts only if a config entry has one of some values.</summary>
/// <param name="key">The config entry.</param>
/// <param name="values">The values it may have.</param>
public sealed class WhenInAttribute(string key, params object?[] values) : ConfigConditionAttribute(key, values)
{
    private protected override bool WantsMatch => true;
}

/// <summary>The method counts only if a config entry has none of some values.</summary>
/// <param name="key">The config entry.</param>
/// <param name="values">The values it must not have.</param>
public sealed class WhenNotInAttribute(string key, params object?[] values) : ConfigConditionAttribute(key, values)
{
    private protected override bool WantsMatch => false;
}
