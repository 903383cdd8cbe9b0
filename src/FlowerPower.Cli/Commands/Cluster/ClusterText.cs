using System.Text.Json;
using FlowerPower.Storage;

namespace FlowerPower.Cli.Commands.Cluster;

/// <summary>Members of a cluster in words.</summary>
internal static class ClusterText
{
    /// <summary>The roles in words, may be empty.</summary>
    public static IReadOnlyList<string> Roles(MemberRoles roles) =>
        [.. new[] { MemberRoles.Queue, MemberRoles.Worker }.Where(role => roles.HasFlag(role)).Select(role => role.ToString().ToLowerInvariant())];

    /// <summary>The word that users know.</summary>
    public static string Word(MemberStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>A list of texts; <see langword="null"/> stays null.</summary>
    public static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
