namespace FlowerPower.Actors.TestKit;

/// <summary>A ref that keeps what it is told, for a test to look at. One expectation at a time.</summary>
/// <remarks>
/// Expectations wait for messages, without polling, up to a guard time-out of real time: it only ends tests that would hang.
/// Under a <see cref="DeterministicDispatcher"/>, run the dispatcher first.
/// </remarks>
public sealed class TestProbe : ActorRef
{
    private readonly Lock gate = new();
    private readonly Queue<(object Message, ActorRef Sender)> received = new();
    private readonly HashSet<ActorRef> watched = [];
    private TaskCompletionSource? arrival;

    /// <summary>Makes a probe.</summary>
    /// <param name="name">What error messages call it.</param>
    public TestProbe(ActorSystem system, string name = "probe")
        : base(system) => Path = $"{system.Name}/{name}";

    /// <inheritdoc/>
    public override string Path { get; }

    /// <summary>The probe as a ref.</summary>
    public ActorRef Ref => this;

    /// <summary>How long an expectation waits, in real time, unless told otherwise.</summary>
    public TimeSpan Guard { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The sender of the message that an expectation returned last.</summary>
    public ActorRef LastSender { get; private set; } = Nobody;

    /// <summary>Messages that no expectation has taken yet.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return received.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override void Tell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        TaskCompletionSource? waiter;
        lock (gate)
        {
            received.Enqueue((message, sender ?? Nobody));
            (waiter, arrival) = (arrival, null);
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes the next message, which must be a <typeparamref name="T"/>.</summary>
    /// <exception cref="ProbeException">Another message came, or none in time.</exception>
    public Task<T> ExpectMsg<T>(TimeSpan? timeout = null) => ExpectMsg<T>(static _ => true, timeout);

    /// <summary>Takes the next message, which must be a <typeparamref name="T"/> that fits.</summary>
    /// <exception cref="ProbeException">Another message came, or none in time.</exception>
    public async Task<T> ExpectMsg<T>(Func<T, bool> predicate, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var expected = $"a {typeof(T).Name}";
        return await Next(expected, timeout) switch
        {
            T fitting when predicate(fitting) => fitting,
            T other => throw new ProbeException($"{Path} expected {expected} that fits its predicate, but {other} came from {LastSender}."),
            var other => throw new ProbeException($"{Path} expected {expected}, but {other.GetType().Name} came from {LastSender}: {other}"),
        };
    }

    /// <summary>Takes messages until one is a <typeparamref name="T"/> that fits, and returns that one.</summary>
    /// <exception cref="ProbeException">None came in time; the message names what came instead.</exception>
    public async Task<T> FishFor<T>(Func<T, bool>? predicate = null, TimeSpan? timeout = null)
    {
        List<string> others = [];
        while (true)
        {
            var among = others.Count == 0 ? "" : $" among {string.Join(", ", others)}";
            var message = await Next($"a fitting {typeof(T).Name}{among}", timeout);
            if (message is T fitting && predicate?.Invoke(fitting) != false)
            {
                return fitting;
            }

            others.Add(message.GetType().Name);
        }
    }

    /// <summary>Takes as many messages as asked for.</summary>
    /// <returns>In the order in which they came; exactly <paramref name="count"/>.</returns>
    /// <exception cref="ProbeException">Fewer came in time.</exception>
    public async Task<IReadOnlyList<object>> ReceiveN(int count, TimeSpan? timeout = null)
    {
        List<object> messages = [];
        while (messages.Count < count)
        {
            messages.Add(await Next($"message {messages.Count + 1} of {count}", timeout));
        }

        return messages;
    }

    /// <summary>
    /// No message is waiting now. Meaningful when nothing is running any more, as after the deterministic dispatcher is idle.
    /// </summary>
    /// <exception cref="ProbeException">A message is waiting.</exception>
    public void ExpectNoMsg()
    {
        lock (gate)
        {
            if (received.TryPeek(out var first))
            {
                throw new ProbeException($"{Path} expected no message, but {first.Message} came from {first.Sender}.");
            }
        }
    }

    /// <summary>No message comes for a span of real time.</summary>
    /// <exception cref="ProbeException">A message came.</exception>
    public async Task ExpectNoMsg(TimeSpan within)
    {
        try
        {
            await Arrival().WaitAsync(within);
        }
        catch (TimeoutException)
        {
            return;
        }

        ExpectNoMsg();
    }

    /// <summary>Answers the message that was taken last.</summary>
    public void Reply(object message) => LastSender.Tell(message, this);

    /// <summary>Asks for one <see cref="Terminated"/> when the target ends.</summary>
    public void Watch(ActorRef target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool isNew;
        lock (gate)
        {
            isNew = watched.Add(target);
        }

        if (isNew)
        {
            target.SendSystem(new SystemMessage.Watch(this));
        }
    }

    internal override void SendSystem(SystemMessage message)
    {
        if (message is not SystemMessage.DeathNotice notice)
        {
            base.SendSystem(message);
            return;
        }

        bool isWanted;
        lock (gate)
        {
            isWanted = watched.Remove(notice.Dead);
        }

        if (isWanted)
        {
            Tell(new Terminated(notice.Dead), notice.Dead);
        }
    }

    private async Task<object> Next(string expected, TimeSpan? timeout)
    {
        var limit = timeout ?? Guard;
        while (true)
        {
            lock (gate)
            {
                if (received.TryDequeue(out var next))
                {
                    LastSender = next.Sender;
                    return next.Message;
                }
            }

            try
            {
                await Arrival().WaitAsync(limit);
            }
            catch (TimeoutException)
            {
                throw new ProbeException($"{Path} expected {expected} within {limit}, but nothing came.");
            }
        }
    }

    private Task Arrival()
    {
        lock (gate)
        {
            return received.Count > 0
                ? Task.CompletedTask
                : (arrival ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
