using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using FlowerPower.Actors.Transport;

namespace FlowerPower.Actors.Tests.Transport;

public sealed class FramingTests
{
    [Fact]
    public async Task Frames_are_cut_wherever_the_reads_are_split()
    {
        var bytes = await Written(1 << 20, writer =>
        {
            writer.Write(Tell(new Note(1, "first")));
            writer.WriteHeartbeat(12, 34);
            writer.Write(Tell(new Note(2, "second")));
        });

        for (var at = 0; at <= bytes.Length; at++)
        {
            var whole = Split(bytes, at);
            var kinds = new List<FrameKind>();
            while (Frame.TryCut(ref whole, 1 << 20, out var kind, out _))
            {
                kinds.Add(kind);
            }

            Assert.Equal([FrameKind.Tell, FrameKind.Heartbeat, FrameKind.Tell], kinds);
            Assert.True(whole.IsEmpty);
        }
    }

    [Fact]
    public async Task Half_a_frame_is_not_cut()
    {
        var bytes = await Written(1 << 20, writer => writer.Write(Tell(new Note(1, "first"))));

        for (var length = 0; length < bytes.Length; length++)
        {
            var half = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.False(Frame.TryCut(ref half, 1 << 20, out _, out _));
            Assert.Equal(length, half.Length);
        }
    }

    [Fact]
    public async Task A_message_is_read_as_it_was_written_wherever_it_is_split()
    {
        var trace = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var message = new Question(7, "Grüße, \"quoted\" <b>");
        var outbound = new OutboundMessage(FrameKind.Ask, TestTypes.All.Of(message), message) { Correlation = 99, TimeoutMs = 1500, Trace = trace };
        var bytes = await Written(1 << 20, writer => writer.Write(outbound));

        for (var at = 0; at <= bytes.Length; at++)
        {
            var whole = Split(bytes, at);
            Assert.True(Frame.TryCut(ref whole, 1 << 20, out var kind, out var body));
            var frame = MessageFrame.Read(kind, body, new byte[MessageFrame.MaxHeadBytes]);

            Assert.Equal(FrameKind.Ask, kind);
            Assert.Equal(99, frame.Correlation);
            Assert.Equal(1500u, frame.TimeoutMs);
            Assert.Equal(trace.TraceId, frame.Trace.TraceId);
            Assert.Equal(trace.SpanId, frame.Trace.SpanId);
            Assert.Equal(ActivityTraceFlags.Recorded, frame.Trace.TraceFlags);
            Assert.Equal(message, TestTypes.All.Find(frame.TypeId)!.Read(frame.Payload));
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(101u)]
    [InlineData(uint.MaxValue)]
    public void An_impossible_length_breaks_the_protocol(uint length)
    {
        var bytes = new ReadOnlySequence<byte>([.. BitConverter.GetBytes(length), 2]);

        Assert.Throws<ProtocolException>(() => Frame.TryCut(ref bytes, 100, out _, out _));
    }

    [Theory]
    [InlineData((byte)FrameKind.Tell, new byte[0])]
    [InlineData((byte)FrameKind.Tell, new byte[] { 0 })]
    [InlineData((byte)FrameKind.Tell, new byte[] { 0, 5, 65 })]
    [InlineData((byte)FrameKind.Ask, new byte[] { 0, 1, 65, 1, 2, 3 })]
    [InlineData((byte)FrameKind.Tell, new byte[] { 1, 1, 65, 1, 2, 3 })]
    public void A_head_that_is_cut_short_breaks_the_protocol(byte kind, byte[] body) =>
        Assert.Throws<ProtocolException>(() =>
        {
            _ = MessageFrame.Read((FrameKind)kind, new ReadOnlySequence<byte>(body), stackalloc byte[MessageFrame.MaxHeadBytes]);
        });

    [Fact]
    public async Task A_message_that_is_too_large_leaves_the_frames_around_it_whole()
    {
        var reasons = new List<DropReason>();
        var bytes = await Written(1024, writer =>
        {
            writer.Write(Tell(new Note(1)));
            reasons.Add(Assert.Throws<MessageNotSentException>(() => writer.Write(Tell(new Note(2, new string('x', 100_000))))).Reason);
            reasons.Add(Assert.Throws<MessageNotSentException>(() => writer.Write(Tell(new Unwritable()))).Reason);
            writer.Write(Tell(new Note(3)));
        });

        var whole = new ReadOnlySequence<byte>(bytes);
        var kinds = new List<FrameKind>();
        while (Frame.TryCut(ref whole, 1024, out var kind, out _))
        {
            kinds.Add(kind);
        }

        Assert.Equal([DropReason.TooLarge, DropReason.NotEncodable], reasons);
        Assert.Equal([FrameKind.Tell, FrameKind.Abandoned, FrameKind.Abandoned, FrameKind.Tell], kinds);
    }

    private static OutboundMessage Tell(object message) => new(FrameKind.Tell, TestTypes.All.Of(message), message);

    private static async Task<byte[]> Written(int maxFrame, Action<FrameWriter> write)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new FrameWriter(pipe.Writer, maxFrame);
        write(writer);
        await writer.FlushAsync();
        await pipe.Writer.CompleteAsync();
        return (await pipe.Reader.ReadAsync()).Buffer.ToArray();
    }

    private static ReadOnlySequence<byte> Split(byte[] bytes, int at)
    {
        var first = new Segment(bytes.AsMemory(0, at), 0);
        var second = new Segment(bytes.AsMemory(at), at);
        first.Link(second);
        return new ReadOnlySequence<byte>(first, 0, second, bytes.Length - at);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public void Link(Segment next) => Next = next;
    }
}
