using FlowerPower.Pipelines.Projects;

namespace FlowerPower.Pipelines;

public sealed partial class FlowerPowerProject
{
    private const string StateLine = ".flowerpower/";

    /// <summary>
    /// Makes a project: folders, <c>conf/project.yml</c>, a README and a line in <c>.gitignore</c>. Files that exist stay as they are.
    /// </summary>
    /// <param name="path">Its folder, which is made if it is missing.</param>
    /// <param name="name">The project's name; null for the folder's.</param>
    /// <param name="options">Null for the process's environment.</param>
    /// <exception cref="ProjectException">There is a project, the name has a slash or '..', or a file cannot be written.</exception>
    public static FlowerPowerProject Create(string path, string? name = null, ProjectOptions? options = null)
    {
        options ??= new ProjectOptions();
        var root = FullRoot(path);
        var folders = new ProjectFolders(root, options.Environment ?? ProcessEnvironment());
        name ??= Path.GetFileName(root);
        if (!Configuration.ProjectSchema.IsName(name))
        {
            throw new ProjectException($"'{name}' cannot be a project's name; use one without '/', '\\' and '..'.");
        }

        if (ProjectFile(folders.Config) is { } existing)
        {
            throw new ProjectException($"'{root}' is a FlowerPower project already: it has {folders.Shown(existing)}.");
        }

        Writing(root, () =>
        {
            foreach (var folder in new[] { folders.PipelineConfigs, folders.Pipelines, Path.Combine(root, "hooks") })
            {
                Directory.CreateDirectory(folder);
            }

            WriteNew(Path.Combine(root, "README.md"), ProjectTemplates.Readme(name));
            IgnoreState(Path.Combine(root, ".gitignore"));

            // Last: this file makes the folder a project, so a Create that broke off can be repeated.
            WriteNew(Path.Combine(folders.Config, "project.yml"), ProjectTemplates.Project(name));
        });
        return Load(root, options);
    }

    /// <summary>Makes a pipeline that runs as it is: a YAML file and a C# file to replace by one's own.</summary>
    /// <param name="name">Letters, digits, '_', '-'; '.' between a folder and a name.</param>
    /// <param name="overwrite">Replace the files that exist.</param>
    /// <exception cref="ProjectException">No pipeline can have this name, it exists, or a file cannot be written.</exception>
    public void CreatePipeline(string name, bool overwrite = false)
    {
        PipelineFiles.CheckName(name);
        var code = files.Code(name);
        if (code.FirstOrDefault(file => file.EndsWith(".py", StringComparison.Ordinal)) is { } python)
        {
            throw new ProjectException(
                $"Pipeline '{name}' exists in Python: {folders.Shown(python)}. Delete that file, or take another name.");
        }

        if (!overwrite && code.Concat(files.Yaml(name)).FirstOrDefault() is { } existing)
        {
            throw new ProjectException(
                $"Pipeline '{name}' exists: {folders.Shown(existing)}. Take another name, or overwrite it with --overwrite.");
        }

        var yamlPath = files.Yaml(name).FirstOrDefault() ?? PipelineFiles.Path(folders.PipelineConfigs, name, ".yml");
        var codePath = code.FirstOrDefault() ?? PipelineFiles.Path(folders.Pipelines, PipelineFiles.Canonical(name), ".cs");
        Writing(folders.Shown(codePath), () =>
        {
            Write(yamlPath, ProjectTemplates.PipelineYaml(name));
            Write(codePath, ProjectTemplates.PipelineCode(name));
        });
    }

    private static void Write(string path, string text)
    {
        Writing(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        });
    }

    private static void WriteNew(string path, string text)
    {
        if (!File.Exists(path))
        {
            Write(path, text);
        }
    }

    private static void IgnoreState(string path)
    {
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        if (text.Split('\n').All(line => line.Trim().Trim('/') != StateLine.Trim('/')))
        {
            File.WriteAllText(path, text + (text.Length == 0 || text.EndsWith('\n') ? "" : "\n") + StateLine + "\n");
        }
    }

    /// <summary>The system's words without the path in them, which may be that of a temporary neighbour, and what to do.</summary>
    internal static string WhyNotWritten(Exception error) => error is UnauthorizedAccessException
        ? "this user may not write there; give it the right, or copy the project to a folder of its own."
        : $"{error.Message.Split(" : '")[0].TrimEnd('.')}; mend that, or use another folder.";

    private static void Writing(string what, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProjectException($"'{what}' cannot be written: {WhyNotWritten(error)}", error);
        }
    }
}
