namespace FlowerPower.Jobs.Tests.Workers;

public sealed class SlotSharesTests
{
    private static readonly SlotShare Idle = new(0);

    [Fact]
    public void One_broker_is_promised_everything() => Assert.Equal([5], SlotShares.Promise(5, [Idle], turn: 0));

    [Fact]
    public void Brokers_that_want_nothing_are_promised_the_same_and_each_begins_in_turn()
    {
        Assert.Equal([2, 2, 1], SlotShares.Promise(5, [Idle, Idle, Idle], turn: 0));
        Assert.Equal([1, 2, 2], SlotShares.Promise(5, [Idle, Idle, Idle], turn: 1));
    }

    [Fact]
    public void Who_wants_slots_for_the_highest_priority_gets_all_that_are_free()
    {
        SlotShare low = new(0, JobPriority.Low, 10);
        SlotShare high = new(3, JobPriority.High, 10);

        Assert.Equal([0, 4, 0], SlotShares.Promise(4, [low, high, Idle], turn: 0));
    }

    [Fact]
    public void Nothing_is_promised_while_promises_are_on_their_way_back_nor_without_a_free_slot()
    {
        Assert.Equal([0, 3], SlotShares.Promise(3, [Idle with { IsClosed = true, Wants = JobPriority.High, Waiting = 9 }, Idle], turn: 0));
        Assert.Equal([0], SlotShares.Promise(0, [Idle], turn: 0));
        Assert.Equal([0], SlotShares.Promise(-2, [Idle], turn: 0));
    }

    [Fact]
    public void Only_as_much_is_taken_back_as_is_needed_and_only_from_brokers_that_leave_it_idle()
    {
        SlotShare needs = new(0, JobPriority.Medium, 3);
        SlotShare busy = new(4, JobPriority.Low, 1);

        Assert.Equal([2, 0, 0, 2], SlotShares.TakeBack([new(2), needs, busy, new(8)]));
    }

    [Fact]
    public void Nothing_is_taken_back_if_nobody_needs_it() => Assert.Equal([0, 0], SlotShares.TakeBack([new(2), new(8)]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Never_more_is_promised_than_is_free(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var free = random.Next(20);
            var shares = Enumerable.Range(0, 1 + random.Next(5)).Select(_ => Any(random)).ToList();

            var promised = SlotShares.Promise(free, shares, random.Next(10));

            Assert.Equal(shares.Any(share => !share.IsClosed) ? free : 0, promised.Sum());
            Assert.All(promised.Zip(shares), pair => Assert.True(pair.First >= 0 && (pair.First == 0 || !pair.Second.IsClosed)));
            Assert.All(SlotShares.TakeBack(shares).Zip(shares), pair => Assert.InRange(pair.First, 0, pair.Second.Promised));
        }
    }

    private static SlotShare Any(Random random) => random.Next(2) == 0
        ? new SlotShare(random.Next(5), IsClosed: random.Next(4) == 0)
        : new SlotShare(random.Next(5), (JobPriority)(1 + random.Next(3)), 1 + random.Next(5), random.Next(4) == 0);
}
