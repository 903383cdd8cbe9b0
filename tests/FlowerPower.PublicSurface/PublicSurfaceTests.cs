using System.Reflection;

namespace FlowerPower.PublicSurface;

/// <summary>What applications can use is what it was: a difference here is a decision, made with <c>FP_WRITE_GOLDEN=1</c> and looked at.</summary>
public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Assemblies => [.. Names];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void What_an_assembly_shows_is_what_it_showed(string assembly)
    {
        var path = Path.Combine(Golden, assembly + ".txt");
        var text = Surface.Of(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable("FP_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{assembly} has no golden file yet: run this test with FP_WRITE_GOLDEN=1 and look at what it wrote.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    [Fact]
    public void Every_golden_file_has_its_assembly() => Assert.Equal(
        Names.Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Golden).Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal));

    /// <summary>What is shipped is what has a project in src.</summary>
    private static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(path => Path.GetFileNameWithoutExtension(path));

    private static string Golden => Path.Combine(Root, "tests", "FlowerPower.PublicSurface", "golden");

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlowerPower.Actors.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No folder above the tests has the solution: run them inside the repository.");
    }
}
