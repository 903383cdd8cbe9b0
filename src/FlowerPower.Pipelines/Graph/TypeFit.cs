namespace FlowerPower.Pipelines;

/// <summary>How a node's value goes into a parameter.</summary>
internal enum TypeFit
{
    /// <summary>As it is.</summary>
    Direct = 1,

    /// <summary>By a conversion at run time: a number widens, or the value is only known as an object.</summary>
    Converted = 2,

    /// <summary>Not at all: a mistake in the pipeline.</summary>
    Never = 3,
}

/// <summary>Decides <see cref="TypeFit"/> before anything runs.</summary>
internal static class TypeFits
{
    public static TypeFit Of(Type given, Type wanted)
    {
        if (wanted.IsAssignableFrom(given))
        {
            return TypeFit.Direct;
        }

        var (from, to) = (Nullable.GetUnderlyingType(given), Nullable.GetUnderlyingType(wanted));
        if (from is not null && to is null)
        {
            return TypeFit.Never; // the null has nowhere to go
        }

        return given == typeof(object) || Numbers.Widens(from ?? given, to ?? wanted) ? TypeFit.Converted : TypeFit.Never;
    }

    /// <summary>The same for the elements of a sequence that a function runs over.</summary>
    public static TypeFit OfElements(Type given, Type wanted)
    {
        if (given == typeof(object))
        {
            return TypeFit.Converted;
        }

        return InputConverter.ElementType(given) is { } element ? Of(element, wanted) : TypeFit.Never;
    }
}
