namespace FlowerPower.Storage.Contracts.Members;

/// <summary>What every member table keeps, whatever keeps it.</summary>
public abstract partial class MemberTableContract : IAsyncLifetime
{
    // Ten times the default: a real clock goes on meanwhile, also on a busy machine.
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Ninth = Lease / 9;

    protected IMemberTable Table { get; private set; } = null!;

    protected abstract Task<IMemberTable> OpenAsync();

    /// <summary>Let the table's clock go on, or jump back if the span is negative.</summary>
    protected abstract Task PassAsync(TimeSpan span);

    /// <summary>How many members the table remembers, living and dead, counted in whatever keeps it.</summary>
    protected abstract Task<int> RowsAsync();

    public async Task InitializeAsync() => Table = await OpenAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_empty_table_has_nobody_and_version_0()
    {
        var view = await Table.ReadAsync(default);

        Assert.Equal(0, view.Version);
        Assert.Empty(view.Members);
    }

    [Fact]
    public async Task What_a_member_says_of_itself_is_read_by_all()
    {
        var ada = new MemberInfo("a-1", "Ada", "10.0.0.1:7000", MemberRoles.Queue | MemberRoles.Worker)
        {
            Weight = 7,
            Slots = 12,
            Queues = ["high speed", "späti"],
            Software = "0.1.0",
        };
        await Table.JoinAsync(ada, Lease, MemberStatus.Joining, default);

        var member = Assert.Single((await Table.ReadAsync(default)).Members);

        Assert.Equal(ada with { Queues = null }, member.Info with { Queues = null });
        Assert.Equal(ada.Queues, member.Info.Queues!);
        Assert.Equal(MemberStatus.Joining, member.Status);
        Assert.InRange(member.LeaseLeft, Lease - Ninth, Lease);
        Assert.Equal(member.JoinedAt, member.ChangedAt);
    }

    [Fact]
    public async Task Twenty_that_join_at_once_raise_the_version_by_twenty_and_are_listed_in_order()
    {
        var before = (await JoinAsync("first")).Mark.Version;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => JoinAsync($"n{i:00}")));

        var view = await Table.ReadAsync(default);
        Assert.Equal(before + 20, view.Version);
        Assert.Equal(["first", .. Enumerable.Range(0, 20).Select(i => $"n{i:00}")], view.Members.Select(m => m.Info.Incarnation));
    }

    [Fact]
    public async Task Of_twenty_that_declare_one_member_dead_one_wins_and_the_version_rises_by_one()
    {
        await JoinAsync("ada");
        var before = (await JoinAsync("bob")).Mark.Version;

        var won = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => await Table.DeclareDeadAsync("bob", default)));

        Assert.Single(won, w => w);
        Assert.Equal(before + 1, (await Table.ReadAsync(default)).Version);
    }

    [Fact]
    public async Task A_repeated_join_changes_nothing_and_answers_the_same()
    {
        var first = await JoinAsync("ada");

        var again = await JoinAsync("ada");

        Assert.Equal(first.Mark.Version, again.Mark.Version);
        Assert.Single(again.View!.Members);
        Assert.True(again.Mark.History.Tick > first.Mark.History.Tick);
    }

    [Fact]
    public async Task A_renewal_brings_the_view_only_if_it_is_not_the_known_one()
    {
        var ada = await JoinAsync("ada");

        var unchanged = await RenewAsync("ada", known: ada.Mark.Version);
        await JoinAsync("bob");
        var changed = await RenewAsync("ada", known: ada.Mark.Version);

        Assert.Null(unchanged.View);
        Assert.Equal(ada.Mark.Version, unchanged.Mark.Version);
        Assert.Equal(2, changed.View!.Members.Count);
        Assert.Equal(changed.Mark.Version, changed.View.Version);
    }

    [Fact]
    public async Task A_status_goes_forward_and_a_late_renewal_does_not_take_it_back()
    {
        await JoinAsync("ada");
        var up = await RenewAsync("ada", status: MemberStatus.Up);
        var leaving = await RenewAsync("ada", status: MemberStatus.Leaving);

        var late = await RenewAsync("ada", status: MemberStatus.Up);

        Assert.Equal(MemberStatus.Up, up.View!.Find("ada")!.Status);
        Assert.Equal(MemberStatus.Leaving, late.View!.Find("ada")!.Status);
        Assert.Equal(leaving.Mark.Version, late.Mark.Version);
        Assert.Equal(up.Mark.Version + 1, leaving.Mark.Version);
    }

    [Fact]
    public async Task The_dead_are_dead_for_ever()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");
        Assert.True(await Table.DeclareDeadAsync("bob", default));

        Assert.IsType<MemberRenewal.Dead>(await Table.RenewAsync("bob", MemberStatus.Up, Lease, 0, default));
        var error = await Assert.ThrowsAsync<StoreRefusedException>(() => JoinAsync("bob"));
        Assert.Contains("The incarnation bob is dead", error.Message, StringComparison.Ordinal);
        Assert.False(await Table.DeclareDeadAsync("bob", default));
        Assert.Equal(MemberStatus.Dead, (await Table.ReadAsync(default)).Find("bob")!.Status);
    }

    [Fact]
    public async Task Nobody_knows_whom_the_table_does_not_know()
    {
        await JoinAsync("ada");

        var answer = await Table.RenewAsync("bob", MemberStatus.Up, Lease, 0, default);

        Assert.Equal((await Table.ReadAsync(default)).BornAt, Assert.IsType<MemberRenewal.Unknown>(answer).Mark.BornAt);
        Assert.False(await Table.DeclareDeadAsync("bob", default));
    }

    [Fact]
    public async Task A_member_that_starts_again_at_its_address_ends_the_former_one_at_once()
    {
        await JoinAsync("a1", name: "Ada", address: "10.0.0.1:7000");
        await JoinAsync("b1", name: "Ada", address: "10.0.0.2:7000");
        var before = await JoinAsync("c1", name: "Cyd", address: "10.0.0.1:7000");

        var again = await JoinAsync("a2", name: "Ada", address: "10.0.0.1:7000");

        Assert.Equal(
            [("a1", false), ("a2", true), ("b1", true), ("c1", true)],
            again.View!.Members.Select(m => (m.Info.Incarnation, m.IsLiving)));
        Assert.Equal(before.Mark.Version + 2, again.Mark.Version);
        Assert.IsType<MemberRenewal.Dead>(await Table.RenewAsync("a1", MemberStatus.Up, Lease, 0, default));
    }

    [Fact]
    public async Task A_thousand_that_come_and_go_leave_two_hundred_rows()
    {
        var first = (await JoinAsync("ada")).Mark.Version;
        for (var i = 0; i < 1_000; i += 10)
        {
            await RenewAsync("ada", first);
            await Task.WhenAll(Enumerable.Range(i, 10).Select(async n =>
            {
                await JoinAsync($"n{n}");
                Assert.True(await Table.DeclareDeadAsync($"n{n}", default));
            }));
        }

        var view = await Table.ReadAsync(default);
        Assert.Equal(first + 2_000, view.Version);
        Assert.Equal(IMemberTable.MaxDeadRows + 1, view.Members.Count);
        Assert.Equal(IMemberTable.MaxDeadRows + 1, await RowsAsync());
        Assert.Single(view.Living);
    }

    [Theory]
    [InlineData("", "Ada", "host:1", 1)]
    [InlineData("a b", "Ada", "host:1", 1)]
    [InlineData("a1", "", "host:1", 1)]
    [InlineData("a1", "Ada", "", 1)]
    [InlineData("a1", "Ada", "host:1", 0)]
    [InlineData("a1", "Ada", "host:1", 101)]
    public async Task A_member_outside_its_range_is_refused(string incarnation, string name, string address, int weight)
    {
        var me = new MemberInfo(incarnation, name, address, MemberRoles.Queue) { Weight = weight };

        await Assert.ThrowsAsync<ArgumentException>(async () => await Table.JoinAsync(me, Lease, MemberStatus.Joining, default));
        Assert.Empty((await Table.ReadAsync(default)).Members);
    }

    [Fact]
    public async Task Nobody_joins_or_renews_as_dead()
    {
        await JoinAsync("ada");

        await Assert.ThrowsAsync<ArgumentException>(() => RenewAsync("ada", status: MemberStatus.Dead));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Table.JoinAsync(Info("bob"), Lease, MemberStatus.Dead, default));
    }

    protected static MemberInfo Info(string incarnation, string? name = null, string? address = null) =>
        new(incarnation, name ?? incarnation, address ?? $"{incarnation}:7000", MemberRoles.Queue);

    protected async Task<MemberRenewal.Renewed> JoinAsync(string incarnation, string? name = null, string? address = null, TimeSpan? lease = null) =>
        await Table.JoinAsync(Info(incarnation, name, address), lease ?? Lease, MemberStatus.Joining, default);

    protected async Task<MemberRenewal.Renewed> RenewAsync(
        string incarnation, long known = 0, MemberStatus status = MemberStatus.Joining, TimeSpan? lease = null) =>
        Assert.IsType<MemberRenewal.Renewed>(await Table.RenewAsync(incarnation, status, lease ?? Lease, known, default));
}
