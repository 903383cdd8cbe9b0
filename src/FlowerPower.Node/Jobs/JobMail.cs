using System.Text.Json.Serialization;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Jobs;

/// <summary>What one job tells another, which may be on another node. Heard again, it changes nothing.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Subscribe), "subscribe")]
[JsonDerivedType(typeof(ParentEnded), "parent-ended")]
[JsonDerivedType(typeof(LookAtJob), "look")]
internal abstract record JobMail
{
    /// <summary>To a parent: tell this job when you have ended.</summary>
    public sealed record Subscribe(JobId Dependent) : JobMail;

    /// <summary>To a dependent: this job has ended.</summary>
    public sealed record ParentEnded(JobId Parent, JobStatus Outcome) : JobMail;

    /// <summary>From a queue's gate: do you run under this permit? If not, it is void from now on: nothing starts under it any more.</summary>
    public sealed record LookAtJob(long Permit) : JobMail;

    /// <summary>As the command that it is to whoever gets it.</summary>
    public JobCommand ToCommand() => this switch
    {
        Subscribe m => new JobCommand.AddDependent(m.Dependent),
        ParentEnded m => new JobCommand.HearParent(m.Parent, m.Outcome),
        _ => throw new InvalidOperationException($"{GetType().Name} is no command."),
    };
}

/// <summary>The answer to a <see cref="JobMail"/>: it was taken in, and what of it is to be stored is stored.</summary>
/// <param name="Exists">There is such a job.</param>
/// <param name="Ended">How it has ended; <see langword="null"/> if it has not, or does not exist.</param>
internal sealed record JobMailReceipt(bool Exists, JobStatus? Ended)
{
    /// <summary>An attempt runs.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The queue's permit under which the attempt runs; <see langword="null"/>: none.</summary>
    public long? Permit { get; init; }
}

/// <summary>Brings mail to jobs, wherever they are.</summary>
internal interface IJobMailbox
{
    /// <summary>Tell a job something; done when it has taken it in.</summary>
    /// <exception cref="QueueUnavailableException">It could not be reached; whether it heard is not known, and it is safe to tell it again.</exception>
    Task<JobMailReceipt> PostAsync(JobId to, JobMail mail, CancellationToken cancellationToken);
}
