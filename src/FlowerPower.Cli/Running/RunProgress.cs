using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Rendering;
using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Running;

/// <summary>Tells of a run in this process: a live line on a terminal, warnings, and each node if somebody wants to know.</summary>
internal sealed class RunProgress : IPipelineObserver, IAsyncDisposable
{
    private readonly Output output;
    private readonly LiveLine? live;
    private readonly string pipeline;
    private readonly bool tellsNodes;
    private readonly bool tellsWarnings;
    private int total;
    private int done;

    /// <param name="logLevel">The run's; <c>DEBUG</c> and below tells of nodes, <c>ERROR</c> and above not even of warnings.</param>
    public RunProgress(Output output, TimeProvider time, string pipeline, string? logLevel)
    {
        this.output = output;
        this.pipeline = pipeline;
        tellsNodes = logLevel is "DEBUG" or "TRACE";
        tellsWarnings = logLevel is not ("ERROR" or "CRITICAL");
        live = output.IsErrorTerminal && !tellsNodes ? new LiveLine(output, time, $"{pipeline}  starting") : null;
    }

    public void Started(int total)
    {
        this.total = total;
        done = 0; // a retry begins again
        live?.Say($"{pipeline}  0 of {Sentences.Count(total, "node")}");
    }

    public void NodeStarted(string node) => live?.Say($"{pipeline}  {done} of {Sentences.Count(total, "node")}, at {node}");

    public void NodeFinished(string node, TimeSpan took)
    {
        done++;
        live?.Say($"{pipeline}  {done} of {Sentences.Count(total, "node")}");
        if (tellsNodes)
        {
            output.Note($"node {node}: {Times.Length(took)}");
        }
    }

    public void Warned(string node, string message)
    {
        if (tellsWarnings)
        {
            output.Warn(node == pipeline ? message : $"{node}: {message}");
        }
    }

    /// <summary>A job's lines go where warnings go; they are no result.</summary>
    public void Logged(string line)
    {
        foreach (var one in line.TrimEnd('\n').Split('\n'))
        {
            output.Note(ResultText.Clean(one));
        }
    }

    public void Reported(double fraction, string? text)
    {
        var said = JobText.Said(new JobProgress(done, total, null) { Fraction = fraction, Text = text });
        live?.Say($"{pipeline}  {done} of {Sentences.Count(total, "node")}{said}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => live?.DisposeAsync() ?? ValueTask.CompletedTask;
}
