using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>How an exception becomes a <see cref="JobError"/>.</summary>
internal static class JobErrors
{
    /// <summary>Its type names, its message, its stack.</summary>
    public static JobError Of(Exception error)
    {
        var types = new List<string>();
        for (var type = error.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            types.Add(type.Name);
        }

        return new JobError(types, error.Message, error.ToString());
    }
}
