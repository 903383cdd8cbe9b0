namespace FlowerPower.Storage.Contracts;

public sealed class RedisAddressTests
{
    [Fact]
    public void The_shortest_address_has_redis_own_port_and_the_default_name()
    {
        var address = RedisAddress.Parse("redis://localhost");

        Assert.Equal(("localhost", 6379), (address.Hosts[0].Host, address.Hosts[0].Port));
        Assert.Equal((0, "flowerpower", null, false, null), (address.Database, address.Name, address.Password, address.UsesTls, address.SentinelMaster));
    }

    [Fact]
    public void Every_part_is_read()
    {
        var address = RedisAddress.Parse("rediss://:p%40ss%3Aword@db1:7000,[::1]:7001,db3/2?name=etl-1&sentinel=main");

        Assert.Equal(["db1:7000", "::1:7001", "db3:26379"], address.Hosts.Select(h => $"{h.Host}:{h.Port}"));
        Assert.Equal((2, "etl-1", "p@ss:word", true, "main"), (address.Database, address.Name, address.Password, address.UsesTls, address.SentinelMaster));
    }

    [Fact]
    public void The_default_user_may_be_named() => Assert.Equal("secret", RedisAddress.Parse("redis://default:secret@db").Password);

    [Fact]
    public void A_password_is_never_shown() =>
        Assert.DoesNotContain("secret", RedisAddress.Parse("redis://:secret@db:1").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost:6379", "does not begin with redis://")]
    [InlineData("redis://", "a host is missing")]
    [InlineData("redis://a,,b", "a host is missing")]
    [InlineData("redis://a:0", "the port '0'")]
    [InlineData("redis://a:70000", "the port '70000'")]
    [InlineData("redis://a/x", "the database 'x'")]
    [InlineData("redis://a?nam=x", "'nam=x' is not an option")]
    [InlineData("redis://a?name=", "name= is followed by no name")]
    [InlineData("redis://a?sentinel=", "sentinel= is followed by no name")]
    [InlineData("redis://a?name=a{b", "the name 'a{b'")]
    [InlineData("redis://ada:pw@a", "user names are not supported")]
    [InlineData("redis://pw@a", "with a colon before it")]
    [InlineData("redis://:pw?x@a", "a password must be percent-encoded")]
    [InlineData("redis://:pw@a?name=x@y", "a password must be percent-encoded")]
    public void A_wrong_address_is_refused_with_what_is_wrong_and_one_that_works(string text, string what)
    {
        var error = Assert.Throws<FormatException>(() => RedisAddress.Parse(text));

        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains("One that works: redis://", error.Message, StringComparison.Ordinal);
    }
}
