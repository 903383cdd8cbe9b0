using FlowerPower.Jobs;
using FlowerPower.Pipelines;

namespace FlowerPower.Node.Workers;

/// <summary>How an exception becomes a <see cref="JobError"/>.</summary>
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

        return new JobError(types, error.Message, cause.ToString());
    }
}
