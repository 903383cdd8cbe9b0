using System.CommandLine;

namespace FlowerPower.Cli.Parsing;

/// <summary>Options that mean nothing, or contradict each other, in some company.</summary>
internal static class Together
{
    /// <summary>Refuses a limit to a wait where nothing is waited for.</summary>
    public static void RequireTogether(this Command command, Option<TimeSpan?> limit, Option<bool> wait) => command.Validators.Add(result =>
    {
        if (result.GetResult(limit) is { Implicit: false } && !result.GetValue(wait))
        {
            result.AddError($"{limit.Name} limits a wait: give {wait.Name} with it.");
        }
    });

    /// <summary>Refuses the one where the other is given.</summary>
    public static void RefuseBoth(this Command command, Option one, Option other, string why) => command.Validators.Add(result =>
    {
        if (result.GetResult(one) is { Implicit: false } && result.GetResult(other) is { Implicit: false })
        {
            result.AddError(why);
        }
    });
}
