namespace FlowerPower.Jobs;

/// <summary>Bounds for texts that come from user code.</summary>
internal static class ShortText
{
    /// <summary>The text, or its beginning and an ellipsis.</summary>
    /// <param name="maxLength">
    /// The greatest length of the answer, in UTF-16 characters; 2 or more. A surrogate pair is never cut in two.
    /// </param>
    public static string Cut(string text, int maxLength)
    {
        if (text.Length <= maxLength)
        {
            return text;
        }

        var kept = maxLength - 1;
        if (char.IsHighSurrogate(text[kept - 1]))
        {
            kept--;
        }

        return string.Concat(text.AsSpan(0, kept), "…");
    }
}
