using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowerPower.Storage;

/// <summary>What every member table checks and writes alike.</summary>
internal static partial class MemberRules
{
    /// <summary>A row's length in Redis is bounded by this.</summary>
    private const int MaxInfoBytes = 16 * 1024;

    /// <summary>What only one living process can be at a time, because it has bound the address.</summary>
    public static string PlaceOf(MemberInfo info) => $"{info.Name} at {info.Address}";

    /// <summary>A member's own words as they are stored.</summary>
    /// <exception cref="ArgumentException">A member is outside its range.</exception>
    public static string Encode(MemberInfo info)
    {
        CheckIncarnation(info.Incarnation);
        Require(info.Name.Length is >= 1 and <= 200, "The node's name has 1 to 200 characters", info.Name);
        Require(info.Address.Length is >= 1 and <= 300, "A member's address has 1 to 300 characters", info.Address);
        Require(info.Process.Length <= 300, "A member's process has at most 300 characters", info.Process);
        Require(info.Weight is >= 1 and <= 100, "A member's weight is 1 to 100", info.Weight);
        Require(info.Slots >= 0, "A member has 0 worker slots or more", info.Slots);
        var row = new Row(info.Incarnation, info.Name, info.Address, info.Roles, info.Weight, info.Slots, info.Queues, info.Software, info.Process);
        var text = JsonSerializer.Serialize(row, MemberJson.Default.Row);
        Require(text.Length <= MaxInfoBytes, $"What a member says of itself has at most {MaxInfoBytes} characters: name fewer queues", text.Length);
        return text;
    }

    /// <summary>A member's own words as they were stored, also by another version.</summary>
    /// <exception cref="StoreCorruptException">They are none.</exception>
    public static MemberInfo Decode(string incarnation, string text, string where)
    {
        try
        {
            var row = JsonSerializer.Deserialize(text, MemberJson.Default.Row) ?? throw new JsonException("it is null");
            return new MemberInfo(row.Incarnation, row.Name, row.Address, row.Roles)
            {
                Weight = row.Weight,
                Slots = row.Slots,
                Queues = row.Queues,
                Software = row.Software,
                Process = row.Process,
            };
        }
        catch (JsonException e)
        {
            throw new StoreCorruptException(
                $"The row of member '{incarnation}' in {where} is damaged ({e.Message}): declare that member dead, or choose another name (redis://…?name=NAME).", e);
        }
    }

    /// <exception cref="ArgumentException">It is none.</exception>
    public static void CheckIncarnation(string incarnation) =>
        Require(
            incarnation.Length is >= 1 and <= 64 && incarnation.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            "An incarnation has 1 to 64 letters, digits, '-' or '_'",
            incarnation);

    /// <exception cref="ArgumentException">The status is not a living one, or the lease is too short.</exception>
    public static void CheckLiving(MemberStatus status, TimeSpan lease)
    {
        Require(status is >= MemberStatus.Joining and <= MemberStatus.Leaving, "A member joins and renews with a living status", status);
        Require(lease >= TimeSpan.FromMilliseconds(1), "A lease lasts 1 ms or more", lease);
    }

    /// <exception cref="ArgumentException">An argument is outside its range.</exception>
    public static void CheckFall(int shard, string owner, int most, int few)
    {
        Require(shard >= 0, "A shard's number is 0 or more", shard);
        Require(owner.Length > 0 && !owner.Any(char.IsWhiteSpace), "An owner has a name without spaces", owner); // it may have served the store alone, and be no incarnation
        Require(most >= 1, "At least one owner may end before a shard is parked", most);
        Require(few >= 1, "At least one shard may be suspect at a time", few);
    }

    public static StoreRefusedException ServedAlone(string table, string holder, TimeSpan left) =>
        new($"{table} is served by {holder}, alone: stop it first, or wait {Seconds(left)} s if it is dead.");

    public static StoreRefusedException DeadAlready(string table, string incarnation) =>
        new($"The incarnation {incarnation} is dead in {table}: start the node again, it joins as a new one.");

    public static StoreRefusedException Full(string table) =>
        new($"{table} has {IMemberTable.MaxLiving} living nodes already: stop one first.");

    private static string Seconds(TimeSpan left) => $"{Math.Ceiling(left.TotalSeconds):0}";

    private static void Require(bool holds, string rule, object? found)
    {
        if (!holds)
        {
            throw new ArgumentException($"{rule}, not {found}.");
        }
    }

    // A parameter without a default is in the row of every version.
    private sealed record Row(
        string Incarnation,
        string Name,
        string Address,
        MemberRoles Roles,
        int Weight = 1,
        int Slots = 0,
        IReadOnlyList<string>? Queues = null,
        string Software = "",
        string Process = "");

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(Row))]
    private sealed partial class MemberJson : JsonSerializerContext;
}
