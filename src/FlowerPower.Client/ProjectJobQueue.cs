using System.Runtime.CompilerServices;
using FlowerPower.Pipelines;

namespace FlowerPower.Client;

/// <summary>The queue on the project object itself: <c>project.JobQueue.EnqueueAsync("etl")</c>.</summary>
public static class ProjectJobQueue
{
    private static readonly ConditionalWeakTable<FlowerPowerProject, JobQueueManager> Managers = [];

    extension(FlowerPowerProject project)
    {
        /// <summary>The project's jobs, by its default backend; the same manager each time. Dispose it when the application ends.</summary>
        public JobQueueManager JobQueue => Managers.GetValue(project, p => new JobQueueManager(p));
    }
}
