namespace FlowerPower.Storage.Contracts.Members;

public sealed class InMemoryMemberTableTests : MemberTableContract
{
    private readonly MovedClock clock = new();

    protected override Task<IMemberTable> OpenAsync() => Task.FromResult<IMemberTable>(new InMemoryMemberTable(clock));

    protected override Task PassAsync(TimeSpan span)
    {
        clock.Now += span;
        return Task.CompletedTask;
    }

    protected override async Task<int> RowsAsync() => (await Table.ReadAsync(default)).Members.Count;

    [Fact]
    public async Task A_full_cluster_takes_nobody_more()
    {
        for (var i = 0; i < IMemberTable.MaxLiving; i++)
        {
            await JoinAsync($"n{i}");
        }

        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => JoinAsync("ada"));

        Assert.Contains("has 1000 living nodes already: stop one first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_forgot_is_another_table_whose_versions_go_on_above_the_former_ones()
    {
        var table = (InMemoryMemberTable)Table;
        var before = await JoinAsync("ada");
        await PassAsync(TimeSpan.FromMinutes(1));

        table.Forget();
        var unknown = Assert.IsType<MemberRenewal.Unknown>(await table.RenewAsync("ada", MemberStatus.Up, Lease, 0, default));
        var after = await JoinAsync("ada");

        Assert.NotEqual(before.Mark.BornAt, unknown.Mark.BornAt);
        Assert.NotEqual(before.Mark.BornAt, after.Mark.BornAt);
        Assert.True(after.Mark.Version > before.Mark.Version);
        Assert.True(before.Mark.History.IsDoubtedBy(after.Mark.History));
    }

    [Fact]
    public async Task A_faulty_way_cuts_loses_and_counts()
    {
        var way = new FaultyMemberTable(Table, clock) { IsCut = true };
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await way.JoinAsync(Info("ada"), Lease, MemberStatus.Joining, default));
        (way.IsCut, way.LosesAnswers) = (false, true);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await way.JoinAsync(Info("bob"), Lease, MemberStatus.Joining, default));

        Assert.Equal(["bob"], (await Table.ReadAsync(default)).Members.Select(m => m.Info.Incarnation));
        Assert.Equal(2, way.Calls);
    }

    private sealed class MovedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
