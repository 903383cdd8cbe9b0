namespace FlowerPower.Storage.Contracts.Members;

/// <summary>Who lives, by the table's clock.</summary>
public abstract partial class MemberTableContract
{
    [Fact]
    public async Task A_member_that_does_not_renew_is_dead_when_its_lease_has_ended_and_another_looks()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");
        var known = await KeepAsync("ada", 8 * Ninth);
        Assert.True(known.View!.Find("bob")!.IsLiving);

        await PassAsync(2 * Ninth);
        var after = await RenewAsync("ada", known.Mark.Version);

        Assert.Equal(MemberStatus.Dead, after.View!.Find("bob")!.Status);
        Assert.Equal(TimeSpan.Zero, after.View.Find("bob")!.LeaseLeft);
        Assert.Equal(known.Mark.Version + 1, after.Mark.Version);
        Assert.IsType<MemberRenewal.Dead>(await Table.RenewAsync("bob", MemberStatus.Joining, Lease, 0, default));
    }

    [Fact]
    public async Task A_member_whose_lease_has_ended_lives_on_if_nobody_has_looked_before_it_renews()
    {
        await JoinAsync("ada");
        await PassAsync(20 * Ninth);

        var renewed = await RenewAsync("ada");

        Assert.True(renewed.View!.Find("ada")!.IsLiving);
        Assert.InRange(renewed.View.Find("ada")!.LeaseLeft, Lease - Ninth, Lease);
    }

    [Fact]
    public async Task A_renewal_says_when_the_first_other_lease_ends()
    {
        var alone = await JoinAsync("ada");
        await JoinAsync("bob", lease: 30 * Ninth);
        await JoinAsync("cyd", lease: 6 * Ninth);

        var first = await RenewAsync("ada", lease: 60 * Ninth);
        var second = await RenewAsync("cyd", lease: 6 * Ninth);

        Assert.Null(alone.SoonestOtherEnd);
        Assert.InRange(first.SoonestOtherEnd!.Value, 5 * Ninth, 6 * Ninth); // cyd's
        Assert.InRange(second.SoonestOtherEnd!.Value, 29 * Ninth, 30 * Ninth); // bob's, not cyd's own
    }

    [Fact]
    public async Task Nobody_dies_of_an_outage_and_whoever_does_not_come_back_has_half_a_lease_more()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");
        await JoinAsync("cyd");

        await PassAsync(TimeSpan.FromMinutes(10)); // the table was away, or its clock jumped: nobody renewed
        var first = await RenewAsync("ada");
        var second = await RenewAsync("bob");
        await PassAsync(3 * Ninth);
        await RenewAsync("ada");
        await PassAsync(2 * Ninth);
        var last = await RenewAsync("ada");

        Assert.Equal(3, first.View!.Living.Count());
        Assert.InRange(first.SoonestOtherEnd!.Value, 3.5 * Ninth, 4.5 * Ninth);
        Assert.Equal(3, second.View!.Living.Count());
        Assert.Equal(["ada", "bob"], last.View!.Living.Select(m => m.Info.Incarnation));
    }

    [Fact]
    public async Task A_join_after_an_outage_costs_nobodys_life()
    {
        await JoinAsync("ada");
        await PassAsync(20 * Ninth);

        await JoinAsync("bob");

        Assert.True((await RenewAsync("ada")).View!.Find("ada")!.IsLiving);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_gives_the_dead_two_leases_at_most()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");
        await PassAsync(TimeSpan.FromMinutes(-10));

        var capped = await RenewAsync("ada");
        var early = await KeepAsync("ada", 17 * Ninth);
        var late = await KeepAsync("ada", 2 * Ninth);

        Assert.InRange(capped.SoonestOtherEnd!.Value, 17 * Ninth, 18 * Ninth);
        Assert.True(early.View!.Find("bob")!.IsLiving);
        Assert.False(late.View!.Find("bob")!.IsLiving);
    }

    [Fact]
    public async Task A_longer_lease_is_not_cut_by_a_member_with_a_shorter_one()
    {
        await JoinAsync("ada", lease: 3 * Ninth);
        await JoinAsync("bob", lease: 30 * Ninth);

        var last = await KeepAsync("ada", 28 * Ninth, lease: 3 * Ninth);

        Assert.True(last.View!.Find("bob")!.IsLiving);
    }

    [Fact]
    public async Task The_dead_are_remembered_for_an_hour()
    {
        await JoinAsync("ada");
        await JoinAsync("bob");
        await Table.DeclareDeadAsync("bob", default);

        await PassAsync(TimeSpan.FromMinutes(59));
        var before = await RenewAsync("ada");
        await PassAsync(TimeSpan.FromMinutes(2));
        var after = await RenewAsync("ada");

        Assert.Equal(2, before.View!.Members.Count);
        Assert.Single(after.View!.Members);
        Assert.Equal(before.Mark.Version, after.Mark.Version);
        Assert.IsType<MemberRenewal.Unknown>(await Table.RenewAsync("bob", MemberStatus.Up, Lease, 0, default));
    }

    private async Task<MemberRenewal.Renewed> KeepAsync(string incarnation, TimeSpan span, TimeSpan? lease = null)
    {
        var renewed = await RenewAsync(incarnation, lease: lease);
        for (var left = span; left > TimeSpan.Zero; left -= Ninth)
        {
            await PassAsync(left < Ninth ? left : Ninth);
            renewed = await RenewAsync(incarnation, lease: lease);
        }

        return renewed;
    }
}
