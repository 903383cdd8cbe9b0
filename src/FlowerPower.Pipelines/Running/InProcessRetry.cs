namespace FlowerPower.Pipelines.Running;

/// <summary>FlowerPower's rule for retries inside a run: which failures, how many, after how long.</summary>
internal sealed class InProcessRetry(RetryConfig config)
{
    /// <summary>The longest wait. FlowerPower has none, but beyond some thirty doublings no timer can be set.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromDays(30);

    /// <summary>.NET's counterparts of the names that projects bring along from Python.</summary>
    private static readonly Dictionary<string, string[]> PythonNames = new(StringComparer.Ordinal)
    {
        ["BaseException"] = ["Exception"],
        ["ConnectionError"] = ["SocketException", "HttpRequestException", "IOException"],
        ["FileNotFoundError"] = ["FileNotFoundException", "DirectoryNotFoundException"],
        ["IOError"] = ["IOException", "UnauthorizedAccessException"],
        ["KeyError"] = ["KeyNotFoundException"],
        ["OSError"] = ["IOException", "UnauthorizedAccessException", "SocketException"],
        ["PermissionError"] = ["UnauthorizedAccessException"],
        ["RequestException"] = ["HttpRequestException"],
        ["RuntimeError"] = ["InvalidOperationException"],
        ["TimeoutError"] = ["TimeoutException"],
        ["ValueError"] = ["ArgumentException", "FormatException", "InvalidDataException"],
    };

    /// <summary>Is a failed attempt to be repeated?</summary>
    /// <param name="error">What the node's code threw.</param>
    /// <param name="failedBefore">How many attempts failed before this one; 0 or more.</param>
    public bool Wants(Exception error, int failedBefore) =>
        failedBefore < config.MaxRetries && config.RetryExceptions.Any(name => Names(name, error.GetType()));

    /// <summary>The wait before a retry: delay · 2^k, and on top of it up to jitter_factor of that.</summary>
    /// <param name="k">The retry; 0-based.</param>
    /// <param name="jitter">A uniform sample in [0, 1).</param>
    /// <returns>0 to <see cref="MaxDelay"/>.</returns>
    public TimeSpan DelayBefore(int k, double jitter)
    {
        if (config.RetryDelay == 0)
        {
            return TimeSpan.Zero; // 2^k becomes infinite, and 0 · ∞ is no number
        }

        var seconds = config.RetryDelay * Math.Pow(2, k) * (1 + config.JitterFactor * jitter);
        return seconds < MaxDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxDelay;
    }

    /// <summary>A name means a type and all that derive from it; with or without its namespace, and with Python's names for the common ones.</summary>
    private static bool Names(string name, Type? type)
    {
        var wanted = PythonNames.GetValueOrDefault(name[(name.LastIndexOf('.') + 1)..], []).Append(name).ToList();
        for (; type is not null && type != typeof(object); type = type.BaseType)
        {
            if (wanted.Contains(type.Name) || (type.FullName is { } full && wanted.Contains(full)))
            {
                return true;
            }
        }

        return false;
    }
}
