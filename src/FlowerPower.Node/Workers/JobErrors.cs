using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>How an exception becomes a <see cref="JobError"/>, and whether another attempt could end otherwise.</summary>
internal static class JobErrors
{
    /// <summary>Its type names (the user's exception, where a pipeline node threw one), its message, its stack.</summary>
    public static JobError Of(Exception error)
    {
        var cause = (error as NodeFailedException)?.InnerException ?? error;
        var types = new List<string>();
        for (var type = cause.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            types.Add(type.Name);
        }

        return new JobError(types, Read(() => error.Message), Read(cause.ToString));
    }

    /// <summary>Is another attempt certain to fail as this one did? Then it would only cost time, and repeat what is said already.</summary>
    /// <remarks>
    /// That is what is wrong with the pipeline or with what it was given, and not with what a node met when it ran. A file that could not be read
    /// is not of this kind: the disk may be back the next time.
    /// </remarks>
    public static bool IsPermanent(Exception error) => error switch
    {
        PipelineCompileException or GraphException or ResultException or ParentInputException => true,
        ProjectException => error.InnerException is not (IOException or UnauthorizedAccessException),
        _ => false,
    };

    /// <summary>An exception is the pipeline's own code, and may throw when it is asked what it is.</summary>
    private static string Read(Func<string> text)
    {
        try
        {
            return text() ?? "";
        }
        catch (Exception error)
        {
            return $"(its description threw {error.GetType().Name})";
        }
    }
}
