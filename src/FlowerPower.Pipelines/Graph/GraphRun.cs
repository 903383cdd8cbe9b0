using System.Runtime.ExceptionServices;

namespace FlowerPower.Pipelines;

/// <summary>One run of a plan. Workers take ready work from a queue; one that makes more work ready than it can do itself calls others.</summary>
internal sealed partial class GraphRun
{
    private readonly ExecutionPlan plan;
    private readonly GraphRunOptions options;
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RunObserver observer;
    private readonly JobContext context;

    private readonly Lock gate = new(); // guards what follows
    private readonly StepState[] states;
    private readonly Queue<Work> ready = new();
    private int workers;
    private int stepsLeft;
    private Exception? failure;

    public GraphRun(ExecutionPlan plan, GraphRunOptions options)
    {
        (this.plan, this.options, stepsLeft) = (plan, options, plan.Steps.Count);
        observer = new RunObserver(options.Observer, options.Clock);
        context = options.Job ?? new InProcessJobContext(options.Observer);
        states = [.. plan.Steps.Select(step => new StepState { Waits = step.Givers.Count, Users = step.Takers.Count })];
    }

    public async Task<IReadOnlyDictionary<string, object?>> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        observer.Started(plan.Steps.Count);
        if (plan.Steps.Count > 0)
        {
            using (cancellationToken.UnsafeRegister(static run => ((GraphRun)run!).Stop(null), this))
            {
                StartReady();
                await Task.WhenAny(idle.Task, stopping.Task).ConfigureAwait(false);
                await WaitForStragglersAsync().ConfigureAwait(false);
            }
        }

        lock (gate)
        {
            if (failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            if (stepsLeft > 0)
            {
                throw new OperationCanceledException("The run was cancelled.", cancellationToken);
            }
        }

        var results = new Dictionary<string, object?>(plan.Results.Count);
        foreach (var result in plan.Results)
        {
            results[result.Name] = result.Step >= 0 ? states[result.Step].Value : result.Value;
        }

        return results;
    }

    private void StartReady()
    {
        int starting;
        lock (gate)
        {
            for (var step = 0; step < states.Length; step++)
            {
                if (states[step].Waits == 0)
                {
                    ready.Enqueue(new Work(step, Work.Whole));
                }
            }

            starting = workers = Math.Min(ready.Count, options.MaxWorkers);
        }

        Call(starting);
    }

    private void Call(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = Task.Run(WorkAsync);
        }
    }

    private async Task WorkAsync()
    {
        while (TryTake(out var work))
        {
            try
            {
                await DoAsync(work).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // A function that was told to stop and did is no failure; Stop keeps the first one.
                Stop(error is OperationCanceledException && stop.IsCancellationRequested ? null : error);
            }
        }
    }

    private bool TryTake(out Work work)
    {
        lock (gate)
        {
            if (ready.TryDequeue(out work))
            {
                return true;
            }

            if (--workers == 0)
            {
                idle.TrySetResult();
            }

            return false;
        }
    }

    private async Task DoAsync(Work work)
    {
        var step = plan.Steps[work.Step];
        var node = step.Node;
        if (work.Element == Work.Whole)
        {
            observer.NodeStarted(node.Name);
        }

        object? value;
        try
        {
            if (step.EachSlot >= 0 && work.Element == Work.Whole)
            {
                if (!Spread(work.Step, step))
                {
                    return;
                }

                value = null;
            }
            else
            {
                value = await node.Body.InvokeAsync(Arguments(step, work)).ConfigureAwait(false);
            }

            if (step.EachSlot >= 0 && !Gather(work, value, node.Type, out value))
            {
                return;
            }

            Check(node, value);
        }
        catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            throw new NodeFailedException(node.Name, error, work.Element == Work.Whole ? null : work.Element);
        }

        observer.NodeFinished(node.Name);
        Finish(work.Step, value);
    }

    private object?[] Arguments(PlanStep step, Work work)
    {
        var arguments = new object?[step.Slots.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            var slot = step.Slots[i];
            arguments[i] = i == step.EachSlot ? states[work.Step].Elements![work.Element]
                : slot.IsToken ? stop.Token
                : slot.IsContext ? context
                : slot.Step < 0 ? slot.Value
                : Fitted(step, i, states[slot.Step].Value, slot.Converts);
        }

        return arguments;
    }

    private object? Fitted(PlanStep step, int index, object? value, bool converts)
    {
        if (!converts)
        {
            return value;
        }

        var argument = step.Node.Arguments[index];
        var problem = InputConverter.TryConvert(value, argument.Type, out var fitted);
        return problem is null
            ? fitted
            : throw new NodeValueException(
                $"Parameter '{argument.Parameter}' does not suit the value of '{((FromName)argument.Source).Name}': {problem}.");
    }

    private void Check(GraphNode node, object? value)
    {
        foreach (var check in node.Checks)
        {
            if (check.FindProblem(value) is not { } problem)
            {
                continue;
            }

            if (check.Importance == Importance.Fail)
            {
                throw new OutputCheckException($"Its output check failed: {problem}");
            }

            observer.Warned(node.Name, $"Its output check failed: {problem}");
        }
    }

    private void Finish(int index, object? value)
    {
        int calling;
        lock (gate)
        {
            states[index].Value = value;
            stepsLeft--;
            foreach (var giver in plan.Steps[index].Givers)
            {
                // A value that nobody needs any more is let go: a pipeline's tables may be large.
                if (--states[giver].Users == 0 && !plan.Steps[giver].IsResult)
                {
                    states[giver].Value = null;
                }
            }

            foreach (var taker in plan.Steps[index].Takers)
            {
                if (--states[taker].Waits == 0 && !stopping.Task.IsCompleted)
                {
                    ready.Enqueue(new Work(taker, Work.Whole));
                }
            }

            calling = Hire();
        }

        Call(calling);
    }

    /// <summary>How many more workers to call; the one that asks goes on itself. Under the gate.</summary>
    private int Hire()
    {
        var more = Math.Clamp(ready.Count - 1, 0, options.MaxWorkers - workers);
        workers += more;
        return more;
    }

    private void Stop(Exception? error)
    {
        lock (gate)
        {
            if (!stopping.Task.IsCompleted)
            {
                failure ??= error;
            }

            ready.Clear();
            stopping.TrySetResult();
        }

        // What the functions registered on their token runs elsewhere: it may take its time, or throw.
        _ = stop.CancelAsync();
    }

    private async Task WaitForStragglersAsync()
    {
        try
        {
            await idle.Task.WaitAsync(stopping.Task.IsCompleted ? options.StopGrace : Timeout.InfiniteTimeSpan, options.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            observer.Abandon($"It did not stop within {options.StopGrace.TotalSeconds:0.###} s of being told to, and was left behind.");
        }
    }

    /// <summary>A step, or one element of it.</summary>
    private readonly record struct Work(int Step, int Element)
    {
        public const int Whole = -1;
    }

    /// <summary>What has become of a step so far.</summary>
    private sealed class StepState
    {
        public int Waits;
        public int Users;
        public object? Value;
        public object?[]? Elements;
        public object?[]? Results;
        public int ElementsLeft;
    }
}
