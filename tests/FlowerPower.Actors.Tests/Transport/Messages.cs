using System.Text.Json.Serialization;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

internal sealed record Note(int Number, string Text = "");

internal sealed record Question(int Number, string Text = "");

internal sealed record Answer(int Number, string Text = "");

internal sealed record Picky(int Number)
{
    public int Number { get; } = Number >= 0 ? Number : throw new ArgumentOutOfRangeException(nameof(Number));
}

/// <summary>Can be sent, but not written: its getter throws.</summary>
internal sealed record Unwritable
{
    public string Text => throw new InvalidOperationException("no text today");
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Square), "square")]
internal abstract record Shape
{
    public sealed record Circle(int Radius) : Shape;

    public sealed record Square(int Side) : Shape;
}

/// <summary>Known to one side only.</summary>
internal sealed record Novelty(int Number);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(Answer))]
[JsonSerializable(typeof(Picky))]
[JsonSerializable(typeof(Unwritable))]
[JsonSerializable(typeof(Shape))]
[JsonSerializable(typeof(Novelty))]
internal sealed partial class TestJson : JsonSerializerContext;

internal static class TestTypes
{
    private static readonly WireType[] Common =
    [
        WireType.Of("test.note.v1", TestJson.Default.Note, note => 64 + note.Text.Length),
        WireType.Of("test.question.v1", TestJson.Default.Question),
        WireType.Of("test.answer.v1", TestJson.Default.Answer),
        WireType.Of("test.picky.v1", TestJson.Default.Picky),
        WireType.Of("test.unwritable.v1", TestJson.Default.Unwritable),
        WireType.Of("test.shape.v1", TestJson.Default.Shape),
    ];

    public static WireTypes All { get; } = new(Common);

    public static WireTypes WithNovelty { get; } = new([.. Common, WireType.Of("test.novelty.v2", TestJson.Default.Novelty)]);
}
