using System.Collections;
using System.Collections.Concurrent;
using FlowerPower.Pipelines.Configuration;
using FlowerPower.Pipelines.Projects;

namespace FlowerPower.Pipelines;

/// <summary>
/// A FlowerPower project: a folder with <c>conf/project.yml</c>, <c>conf/pipelines/&lt;name&gt;.yml</c> and
/// <c>pipelines/&lt;name&gt;.cs</c> or <c>.py</c>. Safe to use from several threads.
/// </summary>
/// <remarks>
/// <c>project.yml</c> and the environment are read once; the pipelines' files are looked at each time, so that one that is dropped in
/// or edited counts at once.
/// </remarks>
public sealed partial class FlowerPowerProject
{
    private readonly ProjectFolders folders;
    private readonly PipelineFiles files;
    private readonly ConfigFile configFile;
    private readonly ConcurrentDictionary<string, LoadedConfig> loaded = new(StringComparer.Ordinal);

    private FlowerPowerProject(string root, ProjectOptions options)
    {
        var environment = options.Environment ?? ProcessEnvironment();
        folders = new ProjectFolders(root, environment);
        if (!Directory.Exists(folders.Config))
        {
            throw new ProjectException(
                Directory.Exists(root)
                    ? $"'{root}' is no FlowerPower project: it has no folder '{folders.Shown(folders.Config)}'. "
                        + "Run `flowerpower init` there, or give the project's folder."
                    : $"There is no folder '{root}'. Give the folder of a FlowerPower project, or make one with `flowerpower init`.");
        }

        files = new PipelineFiles(folders);
        configFile = new ConfigFile(folders, environment, options.Strict);
        var path = ProjectFile(folders.Config);
        if (path is null && Directory.Exists(Path.Combine(folders.Config, "project.yml")))
        {
            throw new ProjectException($"{folders.Shown(Path.Combine(folders.Config, "project.yml"))} is a folder, and has to be a file: delete or rename it.");
        }

        var context = new BindContext([]);
        Config = (ProjectConfig)configFile.Bind(
            path is null ? null : configFile.ReadText(path), folders.Shown(path ?? Path.Combine(folders.Config, "project.yml")), "PROJECT",
            ProjectSchema.Project, ProjectSchema.Shims, context);
        Warnings = context.Warnings;
    }

    /// <summary>The name in <c>project.yml</c>, else the folder's.</summary>
    public string Name => Config.Name ?? Path.GetFileName(Root);

    /// <summary>The project's folder, as a full path without a trailing separator.</summary>
    public string Root => folders.Root;

    /// <summary>What <c>conf/project.yml</c> and the environment say.</summary>
    public ProjectConfig Config { get; }

    /// <summary>What is probably not meant as it stands in <c>project.yml</c> and <c>FP_PROJECT__…</c>; may be empty.</summary>
    /// <remarks>A pipeline's warnings are in its <see cref="PipelineConfig.Warnings"/>; <see cref="Check"/> gives all.</remarks>
    public IReadOnlyList<ConfigWarning> Warnings { get; }

    /// <summary>The pipelines that have a YAML or a code file now; ordinal order, may be empty.</summary>
    public IReadOnlyList<string> PipelineNames => WithRegistered(files.Names());

    /// <summary>Where this system keeps what it makes: database, socket, caches. May not exist yet.</summary>
    public string StateFolder => folders.State;

    /// <summary>Where compiled pipelines are kept: <c>FP_CACHE_DIR</c>, else in <see cref="StateFolder"/>. May not exist yet.</summary>
    public string CacheFolder => folders.Cache;

    /// <summary>The folder of code files. May not exist.</summary>
    public string PipelinesFolder => folders.Pipelines;

    /// <summary><c>conf/project.yml</c> as messages name it: relative to <see cref="Root"/>, with forward slashes. May not exist.</summary>
    public string ConfigFileName => folders.Shown(ProjectFile(folders.Config) ?? Path.Combine(folders.Config, "project.yml"));

    /// <summary>The folder of <c>project.yml</c>.</summary>
    public string ConfigFolder => folders.Config;

    /// <summary>The folder of hooks. May not exist.</summary>
    public string HooksFolder => Path.GetFullPath(Path.Combine(Root, Config.HooksDir));

    /// <summary>Reads a project.</summary>
    /// <param name="path">Its folder, absolute or relative to the current one.</param>
    /// <param name="options">Null for the process's environment, and unknown keys as warnings.</param>
    /// <exception cref="ProjectException">No such folder, or no project in it.</exception>
    /// <exception cref="ConfigException"><c>project.yml</c> is broken, with file, line and key.</exception>
    public static FlowerPowerProject Load(string path, ProjectOptions? options = null) =>
        new(FullRoot(path), options ?? new ProjectOptions());

    /// <summary>A pipeline's configuration. Without a YAML file it is the environment's and the defaults.</summary>
    /// <exception cref="PipelineNotFoundException">The name has neither a YAML nor a code file.</exception>
    /// <exception cref="ConfigException">The YAML is broken, with file, line and key.</exception>
    /// <exception cref="ProjectException">No pipeline can have this name, or a file cannot be read.</exception>
    public PipelineConfig LoadPipelineConfig(string name)
    {
        PipelineFiles.CheckName(name);
        var path = files.Yaml(name).FirstOrDefault();
        var code = files.Code(name).FirstOrDefault();
        if (path is null && code is null && !IsRegistered(name))
        {
            var all = PipelineNames;
            throw new PipelineNotFoundException(name, Root, NearestNames.Find(name, all), all);
        }

        // Parsing costs a hundred times as much as reading, that a few times as much as looking, and a worker asks once for each job.
        var stamp = path is null ? null : FileStamp.Of(path);
        var isKnown = loaded.TryGetValue(name, out var known) && known.Code == code;
        if (isKnown && stamp is not null && known!.Path == path && known.Stamp == stamp)
        {
            return known.Config;
        }

        var text = path is null ? null : configFile.ReadText(path);
        if (isKnown && known!.Text == text)
        {
            if (known.Path != path || known.Stamp != stamp)
            {
                loaded[name] = known with { Path = path, Stamp = stamp };
            }

            return known.Config;
        }

        var source = folders.Shown(path ?? PipelineFiles.Path(folders.PipelineConfigs, name, ".yml"));
        var context = new BindContext([], ForCSharp: code is null || code.EndsWith(".cs", StringComparison.Ordinal));
        var bound = (PipelineConfig)configFile.Bind(text, source, "PIPELINE", PipelineSchema.Pipeline, RunSchema.Shims, context);
        var config = bound with { Name = name, Warnings = context.Warnings };
        loaded[name] = new LoadedConfig(text, path, stamp, code, config);
        return config;
    }

    /// <summary>How a run of a pipeline goes: what a call sets over environment, YAML and defaults.</summary>
    /// <param name="call">What the caller sets; null for nothing.</param>
    /// <inheritdoc cref="LoadPipelineConfig"/>
    public RunConfig ResolveRunConfig(string name, RunConfig? call = null) => LoadPipelineConfig(name).Resolve(call);

    /// <summary>A pipeline's code file as a full path, C# before Python; null if it has none.</summary>
    /// <exception cref="ProjectException">No pipeline can have this name.</exception>
    public string? PipelineFile(string name)
    {
        PipelineFiles.CheckName(name);
        return files.Code(name).FirstOrDefault();
    }

    /// <summary>Reads everything and gives all warnings: the project's first, then the pipelines' in order of their names.</summary>
    /// <exception cref="ConfigException">A pipeline's YAML is broken.</exception>
    public IReadOnlyList<ConfigWarning> Check() =>
        [.. Warnings, .. PipelineNames.SelectMany(name => LoadPipelineConfig(name).Warnings.Concat(Rivals(name)))];

    private IEnumerable<ConfigWarning> Rivals(string name) =>
        from found in new[] { files.Code(name), files.Yaml(name) }
        from rival in found.Skip(1)
        select new ConfigWarning(
            ConfigWarningKind.AmbiguousFile, folders.Shown(rival), 0, "",
            $"is not read: {folders.Shown(found[0])} is the same pipeline; delete or rename one.");

    private static string FullRoot(string path) =>
        string.IsNullOrWhiteSpace(path)
            ? throw new ProjectException("The project's folder is empty text; give a path, '.' for the current folder.")
            : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static string? ProjectFile(string folder) =>
        new[] { "project.yml", "project.yaml" }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static Dictionary<string, string?> ProcessEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value, StringComparer.Ordinal);

    /// <summary>A pipeline's configuration and what it was read from; the stamp was taken before the text was read.</summary>
    private sealed record LoadedConfig(string? Text, string? Path, FileStamp? Stamp, string? Code, PipelineConfig Config);
}
