using System.Diagnostics;
using FlowerPower.Deployment.Files;

namespace FlowerPower.Deployment.Machines;

/// <summary>The published tool, as the image's build makes it, but from what the tests' build has built already.</summary>
internal static class PublishedTool
{
    private static readonly Lazy<Task<string>> Published = new(PublishAsync);

    /// <summary>The folder that the image copies.</summary>
    public static Task<string> FolderAsync() => Published.Value;

    private static async Task<string> PublishAsync()
    {
        var folder = Directory.CreateTempSubdirectory("fp-app-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // an image's files can be read by all
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var words = ImageFile.Nodes.Instructions.First(i => i.Word == "RUN").Text.Split(' ').ToList();
        Assert.Equal(["dotnet", "publish", "src/FlowerPower.Cli"], words.Take(3));
        Replace(words, "--configuration", AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug");
        Replace(words, "--output", folder);
        using var process = Process.Start(new ProcessStartInfo(words[0], [.. words.Skip(1), "--no-build", "--nologo"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? folder : throw new InvalidOperationException($"dotnet publish failed: {said}");
    }

    private static void Replace(List<string> words, string option, string value)
    {
        var at = words.IndexOf(option);
        Assert.True(at > 0 && at + 1 < words.Count, $"The image's build does not say {option}.");
        words[at + 1] = value;
    }
}
