using System.CommandLine;
using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Parsing;

/// <summary>Which project a command line means.</summary>
internal static class ProjectFinder
{
    /// <summary>The folder that <c>--project</c> names, else the nearest one from here upwards that has <c>conf/</c>.</summary>
    /// <exception cref="ProjectException">No folder upwards has one.</exception>
    public static string Find(CommonOptions common, ParseResult parse)
    {
        var here = common.Host.CurrentDirectory;
        if (parse.GetValue(common.Project) is { Length: > 0 } given)
        {
            return Path.GetFullPath(given, here);
        }

        var configuration = Environment.GetEnvironmentVariable("FP_CONFIG_DIR") is { Length: > 0 } moved ? moved : "conf";
        for (var folder = new DirectoryInfo(here); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, configuration)))
            {
                return folder.FullName;
            }
        }

        throw new ProjectException(
            $"There is no FlowerPower project in '{here}' or above it (no folder has {configuration}/): name one with --project PATH, "
            + "or make one with flowerpower init.");
    }

    /// <summary>The project's pipelines for the shell's completion; none if there is anything wrong, since a shell shows no errors.</summary>
    public static IEnumerable<System.CommandLine.Completions.CompletionItem> PipelineNames(CommonOptions common, ParseResult parse)
    {
        try
        {
            return [.. FlowerPowerProject.Load(Find(common, parse)).PipelineNames.Select(name => new System.CommandLine.Completions.CompletionItem(name))];
        }
        catch (Exception error) when (error is ProjectException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
