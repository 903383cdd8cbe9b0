using FlowerPower.Pipelines.Configuration;

namespace FlowerPower.Pipelines.Projects;

/// <summary>Reads one YAML file and lays the environment over and under it.</summary>
internal sealed class ConfigFile(ProjectFolders folders, IReadOnlyDictionary<string, string?> environment, bool strict)
{
    /// <summary>The largest file that is read, in bytes: configuration, not data.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>A file's text.</summary>
    /// <exception cref="ProjectException">The file is too large or cannot be read.</exception>
    public string ReadText(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? File.ReadAllText(path)
                : throw new ProjectException($"{folders.Shown(path)} is larger than 1 MiB; move data out of the configuration.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProjectException($"{folders.Shown(path)} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>A file's values: namespaced environment over YAML over global environment.</summary>
    /// <param name="text">The file's text; null if there is none.</param>
    /// <param name="source">The file's name in messages.</param>
    /// <param name="scope"><c>PIPELINE</c> or <c>PROJECT</c>.</param>
    /// <param name="context">Gets the warnings.</param>
    /// <exception cref="ConfigException">Broken YAML, a wrong value, or, if strict, an unknown or repeated key.</exception>
    public ConfigBlock Bind(
        string? text, string source, string scope, BlockSchema schema, IReadOnlyList<(string Variable, string[] Path)> shims,
        BindContext context)
    {
        var variables = new EnvironmentLayers(environment);
        var written = YamlReader.Read(text ?? "", source, context.Warnings);
        var yaml = new EnvironmentText(environment).Expand(written);
        var merged = variables.Overlay(scope, layer => schema.Normalize(layer, context, ""))
            .Over(schema.Normalize(yaml, context, ""))
            .Over(variables.Shims(shims));
        var block = schema.Bind(merged, context, "");
        if (strict && context.Warnings.Where(IsFault).ToList() is [var first, ..] faults)
        {
            throw new ConfigException(
                new Origin(first.Source, first.Line, first.Line > 0 ? 1 : 0), first.Key,
                string.Join(" ", faults.Select((fault, i) => i == 0 ? fault.Message : fault.ToString())));
        }

        return block;
    }

    private static bool IsFault(ConfigWarning warning) => warning.Kind is ConfigWarningKind.UnknownKey or ConfigWarningKind.RepeatedKey;
}
