using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class UsageTests
{
    [Theory]
    [InlineData("--priority must be high, medium or low, not 'urgent'.", "queue", "enqueue", "hello", "--priority", "urgent")]
    [InlineData("--output must be text or json, not 'yaml'.", "queue", "list", "--output", "yaml")]
    [InlineData("--executor must be threadpool or synchronous, not 'ray'.", "pipeline", "run", "hello", "--executor", "ray")]
    [InlineData("--backend must be actors, not 'rq'.", "queue", "enqueue", "hello", "--backend", "rq")]
    [InlineData("--max-workers must be a whole number of 1 or more, not '0'.", "pipeline", "run", "hello", "--max-workers", "0")]
    [InlineData("--max-retries must be a whole number of 0 or more, not 'many'.", "pipeline", "run", "hello", "--max-retries", "many")]
    [InlineData("--jitter-factor must be a number of 0 or more, not '-1'.", "pipeline", "run", "hello", "--jitter-factor", "-1")]
    [InlineData("--limit must be a whole number from 1 to 1,000, not '1001'.", "queue", "list", "--limit", "1001")]
    [InlineData("--count must be a whole number from 1 to 100,000, not '0'.", "queue", "worker", "start", "--count", "0")]
    [InlineData("--timeout must be above zero, not '0s'.", "queue", "enqueue", "hello", "--timeout", "0s")]
    [InlineData("--status must be scheduled, pending, running, retrying, completed, failed, cancelled or deferred, not 'done'.", "queue", "list", "--status", "done")]
    [InlineData("--run-in and --run-at are two ways to say the same: give one of them.", "queue", "enqueue", "hello", "--run-in", "5m", "--run-at", "2030-01-01T00:00:00Z")]
    [InlineData("--queue must be a name without spaces, not 'my queue'.", "queue", "enqueue", "hello", "--queue", "my queue")]
    [InlineData("--timeout limits a wait: give --wait with it.", "queue", "result", "hello", "--timeout", "5m")]
    [InlineData("--meta takes name=value, not 'hello'. A command's own arguments, such as a pipeline's name, come before it.", "queue", "enqueue", "hello", "--meta", "hello")]
    [InlineData("'enqueu' is no command of flowerpower queue: did you mean enqueue?", "queue", "enqueu", "hello")]
    [InlineData("--prioritty is no option of flowerpower queue enqueue: did you mean --priority?", "queue", "enqueue", "hello", "--prioritty", "high")]
    [InlineData("'twice' is more than flowerpower queue cancel takes; put texts with spaces in quotes.", "queue", "cancel", "once", "twice")]
    [InlineData("flowerpower queue enqueue needs NAME: the pipeline.", "queue", "enqueue")]
    [InlineData("flowerpower queue worker needs a command: start or stop.", "queue", "worker")]
    [InlineData("--inputs needs a value: values for the graph's inputs: a JSON object, or name=value as often as needed.", "pipeline", "run", "hello", "--inputs")]
    [InlineData("SHELL must be bash, zsh, fish or pwsh, not 'tcsh'.", "completion", "tcsh")]
    public async Task A_wrong_command_line_is_refused_in_one_sentence_that_names_what_is_wrong_and_what_is_allowed(string sentence, params string[] arguments)
    {
        var said = await Tool.RunIn(Path.GetTempPath(), arguments);

        Assert.Equal(sentence, said.AssertFailed(ExitCodes.Usage));
        Assert.Contains("--help", said.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--run-in cannot be used: 'soon' is not a length of time:", "--run-in", "soon")]
    [InlineData("--run-at cannot be used: '2030-01-01T12:00:00' has no offset from UTC", "--run-at", "2030-01-01T12:00:00")]
    [InlineData("--id cannot be used: 'a/b' is not a job id:", "--id", "a/b")]
    [InlineData("--inputs is not a JSON object: at character 7 of '{\"a\": }'.", "--inputs", "{\"a\": }")]
    public async Task A_bad_value_is_refused_by_its_option_with_the_reason_and_a_remedy(string beginning, string option, string value)
    {
        var said = await Tool.RunIn(Path.GetTempPath(), "queue", "enqueue", "hello", option, value);

        Assert.StartsWith(beginning, said.AssertFailed(ExitCodes.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_words_the_tool_explains_itself()
    {
        var said = (await Tool.RunIn(Path.GetTempPath())).AssertDone();

        Assert.Contains("Commands:", said.Out, StringComparison.Ordinal);
        Assert.Contains("flowerpower init shop", said.Out, StringComparison.Ordinal);
        Assert.Equal("", said.Error);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var said = (await Tool.RunIn(Path.GetTempPath(), "--version")).AssertDone();

        Assert.Matches(@"^flowerpower \d+\.\d+\.\d+\n$", said.Out);
    }
}
