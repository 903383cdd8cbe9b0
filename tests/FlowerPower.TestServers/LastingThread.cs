using System.Collections.Concurrent;
using System.Diagnostics;

namespace FlowerPower.TestServers;

/// <summary>Starts processes on one thread that lives as long as the tests: the system ends a child with the thread that began it, not with its process.</summary>
internal static class LastingThread
{
    private static readonly BlockingCollection<Action> Work = Begin();

    public static async Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return await started.Task;
    }

    private static BlockingCollection<Action> Begin()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                action();
            }
        })
        {
            IsBackground = true,
            Name = "starts processes",
        }.Start();
        return work;
    }
}
