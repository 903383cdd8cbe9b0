using FlowerPower.Pipelines.Projects;
using FlowerPower.Pipelines.Running;

namespace FlowerPower.Pipelines;

public sealed partial class FlowerPowerProject
{
    /// <summary>
    /// An input that every graph can take without its being given: the project's folder as a full path, so that a node finds files beside the
    /// pipeline wherever the run takes place. It is filled in when the run begins and never travels with a job; an input of that name wins.
    /// </summary>
    public const string RootInput = "project_root";

    /// <summary>The clock by which retries wait and durations are told; the system's unless set before the first run.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Where a wait's jitter comes from: uniform samples in [0, 1).</summary>
    internal Func<double> Chance { get; set; } = Random.Shared.NextDouble;

    /// <summary>Runs a pipeline in this process and waits for its values: FlowerPower's <c>run()</c>, retries included.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="runConfig">What this call sets over environment, YAML and defaults; null for nothing.</param>
    /// <param name="observer">Told of nodes, warnings and retries; null: nobody. Each attempt starts anew with <c>Started</c>.</param>
    /// <param name="ct">Ends the run, or the wait before a retry.</param>
    /// <returns>The values of <see cref="RunConfig.FinalVars"/> by name; empty if it is.</returns>
    /// <exception cref="NodeFailedException">A node failed in the last attempt, or with an exception that is not to be retried.</exception>
    /// <exception cref="GraphException">The graph cannot be built, or the run cannot work; nothing has run.</exception>
    /// <exception cref="PipelineCompileException">The code file does not compile.</exception>
    /// <exception cref="ProjectException">No such pipeline, no code for it, or broken configuration.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>
    /// The callbacks that <see cref="RunConfig.OnSuccess"/> and <see cref="RunConfig.OnFailure"/> name (<see cref="RegisterCallback"/>) are called before it returns.
    /// What goes wrong with them is a warning, and changes nothing of the run. Those of other kinds, pipelines and webhooks, are called for jobs only.
    /// </remarks>
    public async Task<IReadOnlyDictionary<string, object?>> RunAsync(
        string name, RunConfig? runConfig = null, IPipelineObserver? observer = null, CancellationToken ct = default)
    {
        var pipeline = LoadPipelineConfig(name);
        var resolved = pipeline.Resolve(runConfig);
        foreach (var warning in pipeline.Warnings)
        {
            observer?.Warned(name, warning.ToString());
        }

        var retry = new InProcessRetry(resolved.Retry);
        var job = new InProcessJobContext(observer);
        for (var failed = 0; ; job.BeginNext())
        {
            try
            {
                var values = await RunOnceAsync(name, resolved, observer, job, ct).ConfigureAwait(false);
                await TellEndAsync("on_success", resolved.OnSuccess, () => new PipelineOutcome(name, "completed", null, JsonOf(values)), observer, ct).ConfigureAwait(false);
                return values;
            }
            catch (NodeFailedException error) when (SnoozeException.In(error) is { } snooze)
            {
                observer?.Warned(error.Node, FormattableString.Invariant($"It snoozes, so the run waits {snooze.Duration.TotalSeconds:0.###} s and begins anew."));
                await Task.Delay(snooze.Duration < InProcessRetry.MaxDelay ? snooze.Duration : InProcessRetry.MaxDelay, Clock, ct).ConfigureAwait(false);
            }
            catch (NodeFailedException error) when (retry.Wants(error.InnerException!, failed))
            {
                var delay = retry.DelayBefore(failed, Chance());
                observer?.Warned(error.Node, FormattableString.Invariant(
                    $"{error.Message} Retry {failed + 1} of {resolved.Retry.MaxRetries} in {delay.TotalSeconds:0.###} s."));
                await Task.Delay(delay, Clock, ct).ConfigureAwait(false);
                failed++;
            }
            catch (NodeFailedException error)
            {
                await TellEndAsync("on_failure", resolved.OnFailure, () => new PipelineOutcome(name, "failed", error.Message, null), observer, ct).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Makes one attempt, without retries: what a queue's worker does with the run config that travelled with a job.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="resolved">What <see cref="Resolve"/> gave; environment and the YAML's <c>run</c> block are not looked at again, its <c>params</c> are.</param>
    /// <param name="observer">Told of nodes and warnings; null: nobody.</param>
    /// <param name="ct">Ends the run.</param>
    /// <inheritdoc cref="RunAsync"/>
    public Task<IReadOnlyDictionary<string, object?>> RunOnceAsync(
        string name, RunConfig resolved, IPipelineObserver? observer, CancellationToken ct) => RunOnceAsync(name, resolved, observer, job: null, ct);

    /// <summary>Makes one attempt, without retries, for a job.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="resolved">What <see cref="Resolve"/> gave.</param>
    /// <param name="observer">Told of nodes and warnings; null: nobody.</param>
    /// <param name="job">What functions get that take a <see cref="JobContext"/>; null: one of this run's own.</param>
    /// <param name="ct">Ends the run.</param>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<IReadOnlyDictionary<string, object?>> RunOnceAsync(
        string name, RunConfig resolved, IPipelineObserver? observer, JobContext? job, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        // The first run may compile, which takes a second: not on the thread of whoever asks.
        var (graph, plan, warnings) = await Task.Run(() => Prepare(name, resolved), ct).ConfigureAwait(false);
        foreach (var warning in observer is null ? [] : warnings.Concat(plan.Warnings).Concat(WithoutEffect(resolved, graph)))
        {
            observer!.Warned(name, warning);
        }

        var options = new GraphRunOptions
        {
            MaxWorkers = resolved.Executor.IsSequential ? 1 : resolved.Executor.MaxWorkers,
            Observer = observer,
            Clock = Clock,
            Job = job,
        };
        return await new GraphRunner().RunAsync(plan, options, ct).ConfigureAwait(false);
    }

    /// <summary>A pipeline's functions as a graph under a run's config, for pictures and questions.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="runConfig">What the call sets; null for nothing.</param>
    /// <inheritdoc cref="RunAsync"/>
    public FunctionGraph GraphOf(string name, RunConfig? runConfig = null) => Tie(name, Resolve(name, runConfig)).Graph;

    /// <summary>What a run would do, checked as a run checks it: unknown names, missing inputs and wrong types are found here.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="runConfig">What the call sets; null for nothing.</param>
    /// <inheritdoc cref="RunAsync"/>
    public ExecutionPlan Plan(string name, RunConfig? runConfig = null) => Prepare(name, Resolve(name, runConfig)).Plan;

    /// <summary>How a run goes: what a call sets over environment, YAML and defaults. This is what is stored with a job.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="runConfig">What the call sets; null for nothing.</param>
    /// <exception cref="PipelineNotFoundException">There is neither a YAML file, nor a code file, nor registered types of this name.</exception>
    /// <exception cref="ConfigException">The YAML is broken, with file, line and key.</exception>
    public RunConfig Resolve(string name, RunConfig? runConfig) => LoadPipelineConfig(name).Resolve(runConfig);

    /// <summary>
    /// Makes a pipeline of types of an application's own assembly. It wins over a file of the same name and needs no files at all; a YAML file
    /// of that name configures it. Registering a name again replaces it.
    /// </summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="types">The static classes that hold its functions; at least one.</param>
    /// <exception cref="ProjectException">No pipeline can have this name.</exception>
    /// <exception cref="ArgumentException">No type is given, or a type is generic.</exception>
    public void RegisterPipeline(string name, params Type[] types)
    {
        PipelineFiles.CheckName(name);
        registered[PipelineFiles.Canonical(name)] = PipelineModule.FromTypes(name, types);
    }

    private static IEnumerable<string> WithoutEffect(RunConfig config, FunctionGraph graph)
    {
        if (config.FinalVars.Count == 0 && graph.Nodes is [.., var last])
        {
            yield return $"final_vars is empty, so that nothing is computed; name nodes there, such as {last.Name}.";
        }
    }
}
