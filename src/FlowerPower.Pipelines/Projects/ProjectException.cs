namespace FlowerPower.Pipelines;

/// <summary>A project folder cannot be read, made or changed; the message names the thing and the remedy.</summary>
public class ProjectException : Exception
{
    /// <summary>An error in one sentence.</summary>
    public ProjectException(string message) : base(message)
    {
    }

    /// <summary>An error in one sentence, and what caused it.</summary>
    public ProjectException(string message, Exception cause) : base(message, cause)
    {
    }
}
