using FlowerPower.Actors;
using FlowerPower.Jobs;

namespace FlowerPower.Node.Workers;

/// <summary>A worker's free slots, and the brokers that they are promised to: each to one at a time, so that nothing is granted beyond them.</summary>
internal sealed class SlotPromises(WorkerBoard board, JobNodeParts parts)
{
    private readonly WorkerOffer offer = new(parts.WorkerId, parts.Options.Queues);

    /// <summary>What a broker says of itself and of its slots. One that has been away since is not listened to.</summary>
    public void Hear(object message, ActorRef sender)
    {
        switch (message)
        {
            case BrokerStarted:
                board.Brokers[sender] = new BrokerSeat();
                break;
            case BrokerAway away:
                board.Brokers.Remove(away.Broker);
                break;
            case WorkRetracted when board.Brokers.TryGetValue(sender, out var broker):
                broker.IsRetracting = false;
                broker.Promised = 0;
                break;
            case SlotsReturned returned when board.Brokers.TryGetValue(sender, out var broker):
                broker.IsReturning = false;
                broker.Promised = Math.Max(0, broker.Promised - returned.Slots);
                broker.HasNoneIdle = returned.Slots == 0; // it is about to use them: asked again at once, it would say the same again and again
                break;
            case WorkWaiting waiting when board.Brokers.TryGetValue(sender, out var broker):
                broker.Waiting = waiting.Priority is null ? null : waiting;
                break;
        }
    }

    /// <summary>A broker has filled a slot.</summary>
    public void Used(ActorRef sender)
    {
        if (board.Brokers.TryGetValue(sender, out var broker))
        {
            broker.Promised = Math.Max(0, broker.Promised - 1);
            broker.HasNoneIdle = false;
        }
    }

    /// <summary>What a broker was about to use may have come to nothing: it is asked again.</summary>
    public void AskAnew()
    {
        foreach (var seat in board.Brokers.Values)
        {
            seat.HasNoneIdle = false;
        }
    }

    /// <summary>Promise what is free, or take back what one broker leaves idle and another needs.</summary>
    /// <param name="self">The worker.</param>
    public void AskForWork(ActorRef self)
    {
        // What is promised while the node may not serve would be granted, and given back, again and again. The next beat asks anew.
        if (board.IsDraining || board.Brokers.Count == 0 || !parts.Peers.MayServe)
        {
            return;
        }

        // Reports that wait for a slow store count, so that a worker cannot pile up outcomes without end.
        var unreported = Math.Max(0, board.Reports.Count - board.Slots);
        var free = board.Slots - board.Running.Count - board.Promised - unreported;
        if (free <= 0 && board.Brokers.Count == 1)
        {
            return; // the usual case of a busy node, after each message
        }

        var brokers = board.Brokers.ToList();
        if (free > 0)
        {
            Promise(brokers, SlotShares.Promise(free, brokers.ConvertAll(broker => broker.Value.Share), board.Turn++), self);
        }
        else
        {
            TakeBack(brokers, SlotShares.TakeBack(brokers.ConvertAll(broker => broker.Value.IdleShare)), self);
        }
    }

    /// <summary>A broker that was promised nothing knows whom to tell when it needs a slot.</summary>
    public void Introduce(ActorRef broker, ActorRef self)
    {
        if (!board.IsDraining && board.Brokers[broker].Promised == 0)
        {
            broker.Tell(new RequestWork(0, offer), self);
        }
    }

    /// <summary>What was promised and is not wanted now would be granted all the same, and be handed back again and again.</summary>
    public void Retract(ActorRef self)
    {
        foreach (var (broker, seat) in board.Brokers)
        {
            if (!seat.IsRetracting)
            {
                seat.IsRetracting = true;
                broker.Tell(RetractWork.Instance, self);
            }
        }
    }

    private void Promise(List<KeyValuePair<ActorRef, BrokerSeat>> brokers, int[] promised, ActorRef self)
    {
        for (var i = 0; i < promised.Length; i++)
        {
            if (promised[i] > 0)
            {
                brokers[i].Value.Promised += promised[i];
                brokers[i].Key.Tell(new RequestWork(promised[i], offer), self);
            }
        }
    }

    /// <summary>Of slots that one broker leaves idle while another has no slot for its jobs.</summary>
    private static void TakeBack(List<KeyValuePair<ActorRef, BrokerSeat>> brokers, int[] back, ActorRef self)
    {
        for (var i = 0; i < back.Length; i++)
        {
            if (back[i] > 0)
            {
                brokers[i].Value.IsReturning = true;
                brokers[i].Key.Tell(new ReturnSlots(back[i]), self);
            }
        }
    }
}
