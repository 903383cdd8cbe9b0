namespace FlowerPower.Node.Tests;

/// <summary>How long a test waits for what must come: long, because only a failing test waits that long.</summary>
internal static class Patience
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<T> Within<T>(this Task<T> task, string what = "the answer")
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds:0} s for {what}.");
        }
    }

    public static async Task Within(this Task task, string what = "the end")
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds:0} s for {what}.");
        }
    }
}
