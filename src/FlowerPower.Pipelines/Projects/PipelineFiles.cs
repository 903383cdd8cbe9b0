using System.Text.RegularExpressions;

namespace FlowerPower.Pipelines.Projects;

/// <summary>Finds the files of a pipeline: a dot in its name is a sub-folder, a hyphen an underscore in the file's name.</summary>
internal sealed partial class PipelineFiles(ProjectFolders folders)
{
    private const int MaxDepth = 16;

    /// <summary>What wins if there are several: C# before Python, <c>.yml</c> before <c>.yaml</c>.</summary>
    private static readonly string[] CodeEndings = [".cs", ".py"];

    private static readonly string[] YamlEndings = [".yml", ".yaml"];

    /// <summary>A name in the one spelling that all its spellings share.</summary>
    public static string Canonical(string name) => name.Replace('-', '_');

    /// <summary>Refuses what is no pipeline's name, above all what would lead out of the project's folder.</summary>
    /// <exception cref="ProjectException">The name has other characters, or an empty part.</exception>
    public static void CheckName(string name)
    {
        if (!Name().IsMatch(name))
        {
            throw new ProjectException(
                $"'{name}' cannot be a pipeline's name; use letters, digits, '_' and '-', with '.' between a folder and a name.");
        }
    }

    /// <summary>The pipeline's code files, the one that counts first; may be empty.</summary>
    public IReadOnlyList<string> Code(string name) => Existing(folders.Pipelines, name, CodeEndings);

    /// <summary>The pipeline's YAML files, the one that counts first; may be empty.</summary>
    public IReadOnlyList<string> Yaml(string name) => Existing(folders.PipelineConfigs, name, YamlEndings);

    /// <summary>The path of a pipeline's file, whether it exists or not.</summary>
    public static string Path(string folder, string name, string ending) =>
        System.IO.Path.Combine([folder, .. name.Split('.')[..^1], name.Split('.')[^1] + ending]);

    /// <summary>All pipelines of the project; ordinal order, each once, may be empty.</summary>
    public IReadOnlyList<string> Names()
    {
        // The YAML's spelling is the one that people chose: a file of code cannot have a hyphen in its name.
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Scan(folders.PipelineConfigs, YamlEndings).Concat(Scan(folders.Pipelines, CodeEndings)))
        {
            names.TryAdd(Canonical(name), name);
        }

        return [.. names.Values.Order(StringComparer.Ordinal)];
    }

    /// <exception cref="ProjectException">There is no file, but a folder under a file's name.</exception>
    private List<string> Existing(string folder, string name, string[] endings)
    {
        List<string> paths =
        [
            .. from spelling in new[] { name, Canonical(name), name.Replace('_', '-') }.Distinct(StringComparer.Ordinal)
               from ending in endings
               select Path(folder, spelling, ending),
        ];
        List<string> found = [.. paths.Where(File.Exists)];
        return found.Count == 0 && paths.Find(Directory.Exists) is { } inTheWay
            ? throw new ProjectException($"{folders.Shown(inTheWay)} is a folder, and has to be a file: delete or rename it.")
            : found;
    }

    private static IEnumerable<string> Scan(string folder, string[] endings, string prefix = "", int depth = 0)
    {
        if (depth > MaxDepth || !Directory.Exists(folder))
        {
            return [];
        }

        // By hand and not by a recursive enumeration: that would either follow links in circles or miss linked files, and a
        // Kubernetes config map is nothing but links.
        var here = Directory.EnumerateFiles(folder)
            .Where(file => endings.Contains(System.IO.Path.GetExtension(file)))
            .Select(file => System.IO.Path.GetFileNameWithoutExtension(file));
        var below = Directory.EnumerateDirectories(folder)
            .Select(path => System.IO.Path.GetFileName(path))
            .Where(name => name is not ("bin" or "obj" or "__pycache__"))
            .Where(IsPart)
            .SelectMany(name => Scan(System.IO.Path.Combine(folder, name), endings, $"{prefix}{name}.", depth + 1));
        return here.Where(IsPart).Order(StringComparer.Ordinal).Select(name => prefix + name).Concat(below);
    }

    // A leading underscore marks a helper, as it does for functions; __init__.py is one of them.
    private static bool IsPart(string name) => !name.StartsWith('_') && Part().IsMatch(name);

    [GeneratedRegex(@"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
