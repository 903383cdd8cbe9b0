namespace FlowerPower.Simulation;

/// <summary>How well the store answers.</summary>
internal sealed class StoreWeather
{
    /// <summary>How often a request is lost before the store sees it.</summary>
    public double LostRequests { get; set; }

    /// <summary>How often a reply is lost after the store did what was asked.</summary>
    public double LostReplies { get; set; }

    /// <summary>
    /// How often an append breaks in a way that its caller does not repeat, whether or not it was stored: the shard is read again then.
    /// </summary>
    public double BrokenAppends { get; set; }

    /// <summary>Until then nothing gets through.</summary>
    public DateTimeOffset AwayUntil { get; set; }

    /// <summary>The slowest that a request or a reply travels.</summary>
    public double SlowestMs { get; set; } = 2;

    /// <summary>Nothing fails any more.</summary>
    public void Clear()
    {
        LostRequests = LostReplies = BrokenAppends = 0;
        AwayUntil = DateTimeOffset.MinValue;
    }
}
