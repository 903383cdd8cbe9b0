using FlowerPower.Cli.Running;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Rendering;

public sealed class OutputTests
{
    [Fact]
    public void A_line_that_comes_amid_progress_does_not_mix_with_it()
    {
        var console = new FakeConsole { IsTerminal = true };
        var output = new Output(console.Host, isJson: false);

        output.Live("working");
        output.Warn("the disk is slow");
        output.Live(null);

        Assert.Equal("\r\u001b[Kworking\r\u001b[Kwarning: the disk is slow\n\r\u001b[K", console.Error.ToString());
    }

    [Fact]
    public void A_warning_that_repeats_is_said_once_a_minute()
    {
        var console = new FakeConsole();
        var time = new SteppedTime();
        var log = new WarningLog(new Output(console.Host, isJson: false), time);

        log.Warn("the disk is full");
        log.Warn("the disk is full");
        log.Warn("something else");
        time.Step(TimeSpan.FromMinutes(1));
        log.Warn("the disk is full");

        Assert.Equal("warning: the disk is full\nwarning: something else\nwarning: the disk is full\n", console.Error.ToString());
    }

    [Fact]
    public void With_JSON_only_the_document_reaches_standard_output()
    {
        var console = new FakeConsole();
        var output = new Output(console.Host, isJson: true);

        output.Text("a line for people");
        output.Json(json => json.WriteNumberValue(42));

        Assert.Equal("42\n", console.Out.ToString());
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Step(TimeSpan length) => now += length.Ticks;
    }
}
