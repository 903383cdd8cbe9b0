namespace FlowerPower.Cli.Running;

/// <summary>Prints what somebody did for good in a node that this process is, with its time, beside the lines of attempts.</summary>
internal sealed class RecordLog(Output output, TimeProvider time)
{
    /// <summary>May be called from any thread.</summary>
    public void Add(string text) => output.Note(FormattableString.Invariant($"{time.GetUtcNow():HH:mm:ss}Z {text}"));
}
