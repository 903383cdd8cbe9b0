using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F _flowerpower flowerpower")]
    [InlineData("zsh", "#compdef flowerpower")]
    [InlineData("fish", "complete -c flowerpower")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName flowerpower")]
    public async Task A_shell_gets_its_script(string shell, string line)
    {
        var said = (await Tool.RunIn(Path.GetTempPath(), "completion", shell)).AssertDone();

        Assert.Contains(line, said.Out, StringComparison.Ordinal);
        Assert.Contains("[suggest:", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_options_and_words_complete()
    {
        Assert.Contains("enqueue", await SuggestAsync("flowerpower queue en"));
        Assert.Contains("--priority", await SuggestAsync("flowerpower queue enqueue --pri"));
        Assert.Equal(["high", "low", "medium"], (await SuggestAsync("flowerpower queue enqueue --priority ")).Order());
    }

    [Fact]
    public async Task Pipelines_of_the_project_complete()
    {
        using var project = new TempProject().WithHello();

        Assert.Contains("hello", await SuggestAsync("flowerpower queue run ", project.Root));
        Assert.Contains("hello", await SuggestAsync($"flowerpower queue status --project {project.Root} he"));
    }

    [Fact]
    public async Task Options_do_not_hide_pipelines_until_a_dash_is_typed()
    {
        using var project = new TempProject().WithHello();

        Assert.Equal(["hello"], await SuggestAsync("flowerpower queue run ", project.Root));
        Assert.Contains("--inputs", await SuggestAsync("flowerpower queue run -", project.Root));
        Assert.Contains("--limit", await SuggestAsync("flowerpower queue list "));
    }

    [Fact]
    public async Task Outside_of_a_project_nothing_is_said_that_would_garble_the_shell()
    {
        var folder = Directory.CreateTempSubdirectory("none-");
        var said = await Tool.RunIn(folder.FullName, "[suggest:22]", "flowerpower queue run ");
        folder.Delete();

        Assert.Equal("", said.Error);
        Assert.Equal(ExitCodes.Done, said.ExitCode);
    }

    [Theory]
    [InlineData("flowerpower init ")]
    [InlineData("flowerpower queue list -")]
    [InlineData("flowerpower ")]
    public async Task Only_what_a_shell_user_would_type_is_offered(string line) =>
        Assert.All(await SuggestAsync(line), word => Assert.Matches("^(-?-[a-z]|[a-z])[a-z-]*$", word));

    private static async Task<string[]> SuggestAsync(string line, string? folder = null)
    {
        var said = await Tool.RunIn(folder ?? Path.GetTempPath(), $"[suggest:{line.Length}]", line);
        return said.AssertDone().Out.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }
}
