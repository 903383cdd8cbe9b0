using FlowerPower.Pipelines.Projects;
using FlowerPower.Pipelines.Tests.Running;

namespace FlowerPower.Pipelines.Tests.Projects;

public sealed class FileStampTests : IDisposable
{
    private static readonly DateTime Rested = new(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly ProjectFolder folder = new();

    private string Yaml => Path.Combine(folder.Root, "conf/pipelines/a.yml");

    private string Code => Path.Combine(folder.Root, "pipelines/a.cs");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Only_a_file_that_has_rested_has_a_stamp()
    {
        Write("one", Rested);
        Assert.Equal(new FileStamp(new FileInfo(Code).Length, Rested.Ticks), FileStamp.Of(Code));

        File.SetLastWriteTimeUtc(Code, DateTime.UtcNow);
        Assert.Null(FileStamp.Of(Code));
        File.SetLastWriteTimeUtc(Code, DateTime.UtcNow.AddHours(1));
        Assert.Null(FileStamp.Of(Code));
        Assert.Null(FileStamp.Of(Path.Combine(folder.Root, "none")));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)] // a file that is copied or checked out may be older than the one that it replaces
    public async Task A_change_that_keeps_the_length_counts_for_the_next_run_whichever_way_its_time_goes(int seconds)
    {
        Write("one", Rested);
        Assert.Equal(("one", "one"), await ValuesAsync());
        Assert.Equal(("one", "one"), await ValuesAsync());

        Write("two", Rested.AddSeconds(seconds));

        Assert.Equal(("two", "two"), await ValuesAsync());
    }

    [Fact]
    public async Task A_change_right_after_another_counts_though_the_clock_may_not_have_moved()
    {
        foreach (var value in (string[])["one", "two", "six", "ten"])
        {
            Write(value, writtenAt: null);
            Assert.Equal((value, value), await ValuesAsync());
        }
    }

    [Fact]
    public async Task A_link_that_is_turned_to_another_file_counts()
    {
        Write("one", Rested);
        File.Move(Code, Code + ".1");
        File.CreateSymbolicLink(Code, Code + ".1");
        Assert.Equal("one", (await ValuesAsync()).Code);

        File.WriteAllText(Code + ".2", File.ReadAllText(Code).Replace("one", "two", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(Code + ".2", Rested.AddSeconds(1));
        File.Delete(Code);
        File.CreateSymbolicLink(Code, Code + ".2");

        Assert.Equal("two", (await ValuesAsync()).Code);
    }

    [Fact]
    public async Task An_unchanged_file_is_not_read_again()
    {
        Write("one", Rested);
        await ValuesAsync();

        Write("two", Rested); // a change that nobody makes who does not set the time back by hand

        Assert.Equal(("one", "one"), await ValuesAsync());
    }

    private void Write(string value, DateTime? writtenAt)
    {
        folder.WritePipeline("a", $"public static string Value() => \"{value}\";", $"run: {{queue: {value}, final_vars: [value]}}\n");
        if (writtenAt is { } at)
        {
            File.SetLastWriteTimeUtc(Code, at);
            File.SetLastWriteTimeUtc(Yaml, at);
        }
    }

    private async Task<(string Code, string Yaml)> ValuesAsync() =>
        ((string)(await folder.RunAsync("a"))["value"]!, folder.Project.LoadPipelineConfig("a").Run.Queue);
}
