namespace FlowerPower.Pipelines.Projects;

/// <summary>Where a project's parts lie: the usual names, or those that the environment gives.</summary>
internal sealed class ProjectFolders(string root, IReadOnlyDictionary<string, string?> environment)
{
    public string Root { get; } = root;

    public string Config { get; } = Folder(root, environment, "FP_CONFIG_DIR", "conf");

    public string Pipelines { get; } = Folder(root, environment, "FP_PIPELINES_DIR", "pipelines");

    public string PipelineConfigs => Path.Combine(Config, "pipelines");

    public string State => Path.Combine(Root, ".flowerpower");

    public string Cache { get; } = Folder(root, environment, "FP_CACHE_DIR", Path.Combine(".flowerpower", "cache"));

    /// <summary>A path as messages show it: relative to the project, with forward slashes.</summary>
    public string Shown(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string Folder(string root, IReadOnlyDictionary<string, string?> environment, string variable, string usual)
    {
        var given = environment.TryGetValue(variable, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : usual;
        return Path.GetFullPath(Path.Combine(root, given));
    }
}
