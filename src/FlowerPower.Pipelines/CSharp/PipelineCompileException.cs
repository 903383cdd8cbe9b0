namespace FlowerPower.Pipelines;

/// <summary>A pipeline's C# files do not compile, or hold no functions.</summary>
/// <param name="name">The pipeline's name.</param>
/// <param name="errors">The errors, <c>file(line,column): message</c> each where there is a place; at least one.</param>
public sealed class PipelineCompileException(string name, IReadOnlyList<string> errors)
    : Exception(errors.Count == 1
        ? $"Pipeline '{name}' does not compile: {errors[0]}"
        : $"Pipeline '{name}' does not compile: {errors.Count} errors.{string.Concat(errors.Select(error => Environment.NewLine + error))}")
{
    /// <summary>The name of the pipeline.</summary>
    public string Pipeline { get; } = name;

    /// <summary>All errors, by file and line; at least one.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
