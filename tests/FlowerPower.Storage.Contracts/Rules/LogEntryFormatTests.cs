namespace FlowerPower.Storage.Contracts.Rules;

public sealed class LogEntryFormatTests
{
    [Fact]
    public void Format_1_keeps_its_bytes()
    {
        EventFrame[] events = [new("a", 1, "job.x.v1", new byte[] { 7 }), new("é", 300, "job.x.v1", default)];

        var bytes = LogEntryFormat.Encode(events);

        Assert.Equal("0102" + "0161" + "01" + "086A6F622E782E7631" + "0107" + "02C3A9" + "AC02" + "086A6F622E782E7631" + "00", Convert.ToHexString(bytes));
        Assert.Equal(events.Select(Text), LogEntryFormat.Decode(bytes).Select(Text));
    }

    [Fact]
    public void Any_events_come_back_as_they_were()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var events = Enumerable.Range(0, random.Next(6)).Select(_ =>
            {
                var payload = new byte[random.Next(3) == 0 ? 0 : random.Next(40_000)];
                random.NextBytes(payload);
                return new EventFrame(new string('日', random.Next(1, 129)), random.NextInt64(1, long.MaxValue), $"t{random.Next(3)}", payload);
            }).ToArray();

            Assert.Equal(events.Select(Text), LogEntryFormat.Decode(LogEntryFormat.Encode(events)).Select(Text));
        }
    }

    [Fact]
    public void An_entry_cut_short_or_lengthened_is_not_an_entry()
    {
        var bytes = LogEntryFormat.Encode([new("a", 1, "t", "one"u8.ToArray()), new("b", 2, "t", "two"u8.ToArray())]);

        for (var length = 0; length < bytes.Length; length++)
        {
            var part = bytes[..length];
            Assert.Throws<FormatException>(() => LogEntryFormat.Decode(part));
        }

        Assert.Throws<FormatException>(() => LogEntryFormat.Decode((byte[])[.. bytes, 0]));
        Assert.Throws<FormatException>(() => LogEntryFormat.Decode((byte[])[2, .. bytes[1..]]));
    }

    [Fact]
    public void Random_bytes_never_do_worse_than_a_format_error()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            if (bytes.Length > 0)
            {
                bytes[0] = 1;
            }

            var error = Record.Exception(() => LogEntryFormat.Decode(bytes));

            Assert.True(error is null or FormatException, $"Seed {seed}: {error}");
        }
    }

    private static string Text(EventFrame e) => $"{e.EntityId} {e.Version} {e.Type} {Convert.ToHexString(e.Payload.Span)}";
}
