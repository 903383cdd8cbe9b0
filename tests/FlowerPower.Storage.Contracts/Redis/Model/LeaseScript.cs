namespace FlowerPower.Storage.Contracts;

/// <summary>What the script of the lease does, said a second time. Whether a lease has ended is Redis' clock's to say, so here the test says it.</summary>
internal sealed class LeaseScript
{
    private string? incarnation;
    private string holder = "";
    private string seat = "";
    private bool hasEnded;
    private long tick;

    /// <summary>Time passes: the lease's end comes.</summary>
    public void End() => hasEnded = true;

    /// <returns>HELD with the holder, or OK with the count of renewals.</returns>
    public (string Answer, string Detail) Renew(string mine, string name, bool givesBack, string mySeat, bool takes)
    {
        var isMine = incarnation == mine;
        var holderIsDead = takes && mySeat.Length > 0 && mySeat == seat;
        if (incarnation is not null && !isMine && !hasEnded && !holderIsDead)
        {
            return ("HELD", holder);
        }

        if (!givesBack)
        {
            (incarnation, holder, seat, hasEnded) = (mine, name, mySeat, false);
            tick++;
        }
        else if (isMine)
        {
            (incarnation, holder, seat) = (null, "", "");
        }

        return ("OK", $"{tick}");
    }

    /// <summary>What the key must hold.</summary>
    public string Image() => incarnation is null
        ? $"tick={(tick == 0 ? "" : tick)}"
        : $"holder={holder} incarnation={incarnation} seat={seat} tick={tick} until={(hasEnded ? "past" : "coming")}";
}
