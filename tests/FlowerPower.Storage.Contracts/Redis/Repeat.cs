using System.Diagnostics;

namespace FlowerPower.Storage.Contracts;

/// <summary>What an owner does with an unknown outcome: the same again until there is an answer.</summary>
internal static class Repeat
{
    public static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> call, TimeSpan? patience = null)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await call();
            }
            catch (StoreUnavailableException e)
            {
                if (clock.Elapsed > (patience ?? TimeSpan.FromSeconds(30)))
                {
                    throw new TimeoutException($"Still no answer after {clock.Elapsed}.", e);
                }
            }

            await Task.Delay(10);
        }
    }
}
