namespace FlowerPower.Storage;

/// <summary>Where a member stands. It only goes forward, and dead is final.</summary>
public enum MemberStatus
{
    /// <summary>It has a row and a lease, and opens its port.</summary>
    Joining = 1,

    /// <summary>It serves.</summary>
    Up = 2,

    /// <summary>It hands over what it has; nothing new goes to it.</summary>
    Leaving = 3,

    /// <summary>It left, its lease ended, or somebody declared it dead.</summary>
    Dead = 4,
}

/// <summary>What a member does.</summary>
[Flags]
public enum MemberRoles
{
    /// <summary>Nothing: it only looks on.</summary>
    None = 0,

    /// <summary>It serves shards.</summary>
    Queue = 1,

    /// <summary>It runs jobs.</summary>
    Worker = 2,
}

/// <summary>What a member says of itself when it joins; it does not change while the member lives.</summary>
/// <param name="Incarnation">Unguessable and never used before: 1 to 64 letters, digits, '-' or '_'. A restarted process has a new one.</param>
/// <param name="Name">The node's name, for people; 1 to 200 characters. Nodes at different addresses may share one.</param>
/// <param name="Address">Where other members reach it, <c>host:port</c>; 1 to 300 characters.</param>
public sealed record MemberInfo(string Incarnation, string Name, string Address, MemberRoles Roles)
{
    /// <summary>How many shards it takes compared with others; 1 to 100.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Jobs that it runs at once; 0 or more.</summary>
    public int Slots { get; init; }

    /// <summary>The queues that its workers serve; <see langword="null"/>: all.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>Which process it is, for people: <c>process 2870 on vm</c>; at most 300 characters, may be empty.</summary>
    public string Process { get; init; } = "";

    /// <summary>The version of its program; may be empty.</summary>
    public string Software { get; init; } = "";
}

/// <summary>A row of the table.</summary>
/// <param name="JoinedAt">By the table's clock.</param>
/// <param name="ChangedAt">When its status changed last, by the table's clock.</param>
/// <param name="LeaseLeft">How much of its lease was left when the row was read; zero or less: it has ended; zero for the dead.</param>
public sealed record Member(MemberInfo Info, MemberStatus Status, DateTimeOffset JoinedAt, DateTimeOffset ChangedAt, TimeSpan LeaseLeft)
{
    /// <summary>Whether it is not dead.</summary>
    public bool IsLiving => Status != MemberStatus.Dead;
}

/// <summary>What is held against a shard.</summary>
/// <param name="Count">Its owners that ended while they had it, one after the other, since it was acquitted last; 1 or more.</param>
/// <param name="IsParked">Nobody takes it by itself any more.</param>
public readonly record struct ShardFalls(int Count, bool IsParked);

/// <summary>A shard that nobody takes by itself any more, because its owners ended one after the other while they had it.</summary>
/// <param name="Shard">From 0.</param>
/// <param name="Falls">How many did; 1 or more.</param>
/// <param name="LastOwner">The last one's incarnation.</param>
/// <param name="At">When its end was counted, by the table's clock.</param>
public sealed record ParkedShard(int Shard, int Falls, string LastOwner, DateTimeOffset At);

/// <summary>The table at one moment.</summary>
/// <param name="Version">
/// Rises by one with each join, change of status, death, and shard that is parked or no longer is, and by nothing else. A table begins with its first instant in ms, so
/// that one which the store forgot goes on above its former versions.
/// </param>
/// <param name="Members">Living and dead, ascending by incarnation (ordinal); may be empty.</param>
/// <param name="BornAt">When the table was made, by its clock; another instant is another table: the store forgot the former one.</param>
/// <param name="ReadAt">When this view was taken, by the table's clock.</param>
public sealed record MemberView(long Version, IReadOnlyList<Member> Members, DateTimeOffset BornAt, DateTimeOffset ReadAt)
{
    /// <summary>The shards that are parked, ascending; may be empty.</summary>
    public IReadOnlyList<ParkedShard> Parked { get; init; } = [];

    /// <summary>The view of nobody.</summary>
    public static MemberView Empty { get; } = new(0, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    /// <summary>The members that are not dead.</summary>
    public IEnumerable<Member> Living => Members.Where(m => m.IsLiving);

    /// <summary>A member's row; <see langword="null"/> if the table has none.</summary>
    public Member? Find(string incarnation) => Members.FirstOrDefault(m => m.Info.Incarnation == incarnation);
}

/// <summary>Which table answered, and how far it has come: what tells a store that forgot.</summary>
/// <param name="BornAt">As in <see cref="MemberView.BornAt"/>.</param>
public sealed record TableMark(long Version, HistoryMark History, DateTimeOffset BornAt);

/// <summary>The answer to a renewal.</summary>
public abstract record MemberRenewal
{
    private MemberRenewal()
    {
    }

    /// <summary>The member lives.</summary>
    /// <param name="View">The view, if its version is not the known one; else <see langword="null"/>.</param>
    /// <param name="SoonestOtherEnd">
    /// How long the lease lasts that ends first of all other living members', if nobody renews it; <see langword="null"/>: it is alone.
    /// </param>
    public sealed record Renewed(MemberView? View, TableMark Mark, TimeSpan? SoonestOtherEnd) : MemberRenewal
    {
        /// <summary>Another server of the store than the table's was restarted or replaced since the last answer, and may have lost what it acknowledged.</summary>
        public bool OtherServersChanged { get; init; }
    }

    /// <summary>The member is dead, for ever.</summary>
    public sealed record Dead : MemberRenewal;

    /// <summary>The table has no such member: it never joined, its row was removed after its death, or the store forgot it.</summary>
    public sealed record Unknown(TableMark Mark) : MemberRenewal;
}
