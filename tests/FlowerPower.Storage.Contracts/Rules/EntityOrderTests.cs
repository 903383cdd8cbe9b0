using System.Text;

namespace FlowerPower.Storage.Contracts.Rules;

public sealed class EntityOrderTests
{
    [Fact]
    public void It_is_the_order_of_UTF_8_bytes()
    {
        string[] pieces = ["", "a", "b", "~", "é", "日", "～", "\uFFFD", "🌻", "🌼"];
        var ids = (from x in pieces from y in pieces from z in pieces select x + y + z).Distinct().ToList();
        var random = new Random(5);

        for (var i = 0; i < 20_000; i++)
        {
            var (x, y) = (ids[random.Next(ids.Count)], ids[random.Next(ids.Count)]);
            var bytes = Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));

            Assert.Equal(Math.Sign(bytes), Math.Sign(EntityOrder.Instance.Compare(x, y)));
        }
    }
}
