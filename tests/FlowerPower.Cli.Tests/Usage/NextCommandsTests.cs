using FlowerPower.Cli.Parsing;
using FlowerPower.Cli.Tests.Harness;

namespace FlowerPower.Cli.Tests.Usage;

public sealed class NextCommandsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("--output json --verbose", "")]
    [InlineData("--project ../shop", " --project ../shop")]
    [InlineData("--redis redis://db1:6379/2", " --redis redis://db1:6379/2")]
    [InlineData("--redis redis://db1?name=a&sentinel=m", " --redis 'redis://db1?name=a&sentinel=m'")]
    [InlineData("--redis redis://:s3:c@ret@db1", " --redis redis://:PASSWORD@db1")]
    [InlineData("--redis redis://default:s3cret@db1 -p it's", " --project 'it'\\''s' --redis redis://:PASSWORD@db1")]
    [InlineData("--cluster a:1,b:2 --secret-file s --tls", " --cluster a:1,b:2 --secret-file s --tls")]
    public void A_command_repeats_which_project_and_store_are_meant_and_no_password(string options, string repeated)
    {
        var common = new CommonOptions(new FakeConsole().Host);
        var parse = CommandTree.Build(common).Parse(["queue", "list", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Empty(parse.Errors);
        Assert.Equal("flowerpower queue result x" + repeated, new NextCommands(parse, common).Queue("result x"));
    }

    [Fact]
    public void A_command_outside_the_queue_has_no_store_to_repeat()
    {
        var common = new CommonOptions(new FakeConsole().Host);

        Assert.Equal("flowerpower queue list", new NextCommands(CommandTree.Build(common).Parse(["pipeline", "list"]), common).Queue("list"));
    }
}
