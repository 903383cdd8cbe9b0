namespace FlowerPower.Pipelines.Tests.Projects;

/// <summary>Files of this repository that are not code: documentation and examples.</summary>
internal static class RepositoryFiles
{
    public static string Path(string relative)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "FlowerPower.Actors.sln")))
        {
            folder = System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(folder))
                ?? throw new InvalidOperationException($"No solution above {AppContext.BaseDirectory}; run the tests from a checkout.");
        }

        return System.IO.Path.Combine(folder, relative);
    }
}
