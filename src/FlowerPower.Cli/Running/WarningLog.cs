namespace FlowerPower.Cli.Running;

/// <summary>Prints a node's warnings, each at most once a minute: a node that waits for a full disk says so at every try.</summary>
internal sealed class WarningLog(Output output, TimeProvider time)
{
    private const int MaxRemembered = 1_000;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> said = new(StringComparer.Ordinal);

    /// <summary>May be called from any thread.</summary>
    public void Warn(string sentence)
    {
        lock (gate)
        {
            if (said.TryGetValue(sentence, out var before) && time.GetElapsedTime(before) < Again)
            {
                return;
            }

            if (said.Count >= MaxRemembered)
            {
                said.Clear();
            }

            said[sentence] = time.GetTimestamp();
        }

        output.Warn(sentence);
    }
}
