namespace FlowerPower.Pipelines;

/// <summary>A pipeline's C# files do not compile, or hold no functions.</summary>
/// <param name="name">The pipeline's name.</param>
/// <param name="errors">The errors, <c>file(line,column): message</c> each where there is a place; at least one. The message shows the first few.</param>
public sealed class PipelineCompileException(string name, IReadOnlyList<string> errors) : Exception(Sentence(name, errors))
{
    private const int Shown = 5;

    /// <summary>The name of the pipeline.</summary>
    public string Pipeline { get; } = name;

    /// <summary>All errors, by file and line; at least one.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;

    /// <summary>One missing brace is a hundred errors, and the first of them are the ones to mend.</summary>
    private static string Sentence(string name, IReadOnlyList<string> errors)
    {
        if (errors.Count == 1)
        {
            return $"Pipeline '{name}' does not compile: {errors[0]}";
        }

        var lines = errors.Take(Shown).Prepend($"Pipeline '{name}' does not compile: {errors.Count} errors.");
        return string.Join('\n', errors.Count > Shown ? lines.Append($"and {errors.Count - Shown} more") : lines);
    }
}
