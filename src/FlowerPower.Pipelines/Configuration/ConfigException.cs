using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines;

/// <summary>A configuration value, or a whole file, that cannot be used; the message starts with its place.</summary>
public sealed class ConfigException : ProjectException
{
    internal ConfigException(Origin at, string key, string sentence, Exception? cause = null)
        : base($"{at}: {sentence}", cause!)
    {
        Source = at.Source;
        Line = at.Line;
        Column = at.Column;
        Key = key;
    }

    /// <summary>The file, relative to the project's folder with forward slashes, or the environment variable.</summary>
    public new string Source { get; }

    /// <summary>The line in the file, 1-based; 0 where there is none.</summary>
    public int Line { get; }

    /// <summary>The column in the line, 1-based; 0 where there is none.</summary>
    public int Column { get; }

    /// <summary>The full key, such as <c>run.retry.max_retries</c>; empty if the file as a whole is broken.</summary>
    public string Key { get; }
}
