using System.Text.Json;
using System.Text.Unicode;

namespace FlowerPower.Storage.Wire;

/// <summary>Checks JSON that comes from outside before it is embedded: one bad value must not make a whole record unreadable.</summary>
internal static class JsonCheck
{
    /// <summary>
    /// Checks a value: well formed, UTF-8, at most <see cref="WireLimits.MaxJsonBytes"/> long and
    /// <see cref="WireLimits.MaxJsonDepth"/> deep.
    /// </summary>
    /// <param name="json">One JSON value; space around it is allowed.</param>
    /// <param name="what">The value's name for the message ("The job's result").</param>
    /// <returns><see langword="null"/> if it can be stored; else one sentence that says why not, with the remedy.</returns>
    public static string? Problem(ReadOnlySpan<byte> json, string what)
    {
        if (json.Length > WireLimits.MaxJsonBytes)
        {
            return FormattableString.Invariant($"{what} has {json.Length:N0} bytes of JSON, more than {WireLimits.MaxJsonBytes:N0}: ")
                + "store it elsewhere and give its address.";
        }

        if (!Utf8.IsValid(json))
        {
            return $"{what} is not UTF-8: encode it as UTF-8 JSON.";
        }

        try
        {
            // One deeper than allowed, so that a value that is too deep gets a message of its own.
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WireLimits.MaxJsonDepth + 1 });
            while (reader.Read())
            {
                if (reader.CurrentDepth >= WireLimits.MaxJsonDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                {
                    return $"{what} is nested more than {WireLimits.MaxJsonDepth} deep: flatten it.";
                }
            }

            return null;
        }
        catch (JsonException error)
        {
            return $"{what} is not JSON: {error.Message}";
        }
    }
}
