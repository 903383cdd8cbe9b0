using System.Globalization;

namespace FlowerPower.Pipelines;

/// <summary>Conversions between numeric types that lose nothing a user would miss.</summary>
internal static class Numbers
{
    private static readonly TypeCode[] Whole =
        [TypeCode.SByte, TypeCode.Byte, TypeCode.Int16, TypeCode.UInt16, TypeCode.Int32, TypeCode.UInt32, TypeCode.Int64, TypeCode.UInt64];

    public static bool IsNumber(object value) => IsNumeric(value.GetType());

    public static bool IsNumeric(Type type) => !type.IsEnum && Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal;

    public static double ToDouble(object number) => Convert.ToDouble(number, CultureInfo.InvariantCulture);

    /// <summary>May a node's number go to a parameter without a word? C#'s own implicit conversions, no others.</summary>
    public static bool Widens(Type from, Type to)
    {
        var (source, target) = (Type.GetTypeCode(from), Type.GetTypeCode(to));
        if (!IsNumeric(from) || !IsNumeric(to))
        {
            return false;
        }

        if (target is TypeCode.Double or TypeCode.Single)
        {
            return source != TypeCode.Decimal && (target == TypeCode.Double || source != TypeCode.Double);
        }

        return target == TypeCode.Decimal
            ? Whole.Contains(source)
            : Whole.Contains(source) && Whole.Contains(target) && HoldsAll(source, target);
    }

    /// <summary>The number in another numeric type; false if it does not fit or would lose its fraction.</summary>
    public static bool TryConvert(object number, Type target, out object? result)
    {
        result = null;
        try
        {
            if (Whole.Contains(Type.GetTypeCode(target)) && number is double or float or decimal && !IsWhole(number))
            {
                return false;
            }

            result = Convert.ChangeType(number, target, CultureInfo.InvariantCulture);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static bool IsWhole(object number) =>
        number is decimal exact ? decimal.Truncate(exact) == exact : Math.Truncate(ToDouble(number)).Equals(ToDouble(number));

    private static bool HoldsAll(TypeCode source, TypeCode target)
    {
        var (bits, signed) = Shape(source);
        var (targetBits, targetSigned) = Shape(target);
        return signed == targetSigned ? targetBits >= bits : targetSigned && targetBits > bits;
    }

    private static (int Bits, bool Signed) Shape(TypeCode code) => code switch
    {
        TypeCode.SByte => (8, true),
        TypeCode.Byte => (8, false),
        TypeCode.Int16 => (16, true),
        TypeCode.UInt16 => (16, false),
        TypeCode.Int32 => (32, true),
        TypeCode.UInt32 => (32, false),
        TypeCode.Int64 => (64, true),
        _ => (64, false),
    };
}
