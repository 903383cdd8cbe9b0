using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>What a worker knows of its slots. It outlives the actor's incarnations, because the attempts do.</summary>
/// <param name="slots">0 or more.</param>
internal sealed class WorkerBoard(int slots)
{
    private LogBudget? logBudget;

    /// <summary>Attempts that run, by grant.</summary>
    public Dictionary<GrantId, RunningAttempt> Running { get; } = [];

    /// <summary>Outcomes that their jobs have not answered yet.</summary>
    public Dictionary<GrantId, PendingReport> Reports { get; } = [];

    /// <summary>Attempts that may run at once.</summary>
    public int Slots { get; set; } = slots;

    /// <summary>What is promised to whom.</summary>
    public Dictionary<ActorRef, BrokerSeat> Brokers { get; } = [];

    /// <summary>Free slots that brokers may fill, in all.</summary>
    public int Promised
    {
        get
        {
            var sum = 0;
            foreach (var seat in Brokers.Values)
            {
                sum += seat.Promised;
            }

            return sum;
        }
    }

    /// <summary>A broker has yet to confirm that it holds nothing of this worker's.</summary>
    public bool IsRetracting => Brokers.Values.Any(broker => broker.IsRetracting);

    /// <summary>Which broker begins when slots are promised; counted up.</summary>
    public int Turn { get; set; }

    /// <summary>No more work is taken.</summary>
    public bool IsDraining { get; set; }

    /// <summary>What all attempts may log together.</summary>
    public LogBudget LogBudget(TimeProvider time) => logBudget ??= new LogBudget(LogWriter.BytesPerSecondOfNode, time);

    /// <summary>Who wants to hear when everything is reported; <see langword="null"/>: nobody.</summary>
    public ActorRef? DrainedTo { get; set; }
}

/// <summary>What a worker has promised to one broker, and what it heard from it.</summary>
internal sealed class BrokerSeat
{
    /// <summary>Free slots that it may fill.</summary>
    public int Promised { get; set; }

    /// <summary>Everything that it was promised is being taken back; nothing new is promised until it has confirmed it.</summary>
    public bool IsRetracting { get; set; }

    /// <summary>Slots are on their way back to be promised to another.</summary>
    public bool IsReturning { get; set; }

    /// <summary>It had none to give back when it was asked last.</summary>
    public bool HasNoneIdle { get; set; }

    /// <summary>What waits there without a slot.</summary>
    public WorkWaiting? Waiting { get; set; }

    public SlotShare Share => new(Promised, Waiting?.Priority, Waiting?.Jobs ?? 0, IsRetracting || IsReturning);

    /// <summary>The same, as far as it has slots that it leaves idle.</summary>
    public SlotShare IdleShare => HasNoneIdle ? Share with { Promised = 0 } : Share;
}

/// <summary>An attempt in a slot.</summary>
internal sealed class RunningAttempt
{
    /// <param name="startedAt">By the monotonic clock.</param>
    public RunningAttempt(RunAttempt run, long startedAt, JobNodeParts parts, LogBudget ofNode)
    {
        (Run, StartedAt) = (run, startedAt);
        Voice = new AttemptVoice(parts, run, ofNode, Cancellation.Token);
    }

    public RunAttempt Run { get; }

    /// <summary>What it says while it runs.</summary>
    public AttemptVoice Voice { get; }

    public JobId Job => Run.Spec.Id;

    /// <summary>When it started, by the monotonic clock.</summary>
    public long StartedAt { get; }

    /// <summary>How long it ran; <see langword="null"/> while it runs.</summary>
    public TimeSpan? Took { get; set; }

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Tell the pipeline. What it does then, slowly or with an exception, is done beside the worker's other business.</summary>
    public void Cancel() => _ = Cancellation.CancelAsync();

    /// <summary>Its outcome is not wanted any more.</summary>
    public bool IsTakenAway { get; set; }
}

/// <summary>What a job must hear about an attempt, and has not answered yet.</summary>
/// <param name="attempt"><see langword="null"/>: it never ran here.</param>
internal sealed class PendingReport(GrantId grant, JobId job, JobCommand outcome, RunningAttempt? attempt)
{
    public RunningAttempt? Attempt { get; } = attempt;

    public GrantId Grant { get; } = grant;

    public JobId Job { get; } = job;

    public JobCommand Outcome { get; } = outcome;

    /// <summary>How often it was sent and not answered.</summary>
    public int Unanswered { get; set; }
}
