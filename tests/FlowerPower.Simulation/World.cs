using FlowerPower.Actors.TestKit;
using FlowerPower.Storage;

namespace FlowerPower.Simulation;

/// <summary>What all nodes of one run share: the clock, the seed's chance, the store, and the truth that is kept beside it.</summary>
internal sealed class World(int seed)
{
    private const int LinesShown = 60;

    private readonly List<string> trace = [];

    public int Seed { get; } = seed;

    public Random Random { get; } = new(seed);

    public ManualTime Time { get; } = new();

    public InMemoryShardStore Store { get; } = new(Shards);

    public Truth Truth { get; } = new(Shards);

    /// <summary>How the stores' calls fail just now.</summary>
    public StoreWeather Weather { get; } = new();

    /// <summary>Everything that happened, in order: two runs of a seed have the same.</summary>
    public IReadOnlyList<string> Trace => trace;

    public const int Shards = 3;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>True so often.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromMs, double toMs) => TimeSpan.FromMilliseconds(fromMs + (Random.NextDouble() * (toMs - fromMs)));

    /// <summary>Does something later, whoever is dead by then.</summary>
    public void After(TimeSpan wait, Action act) => Time.CreateTimer(_ => act(), null, wait, Timeout.InfiniteTimeSpan);

    public void Note(string what) =>
        trace.Add(FormattableString.Invariant($"{(Now - ManualTime.DefaultStart).TotalSeconds,9:0.0000}  {what}"));

    /// <summary>What the first broken promise was; a node's own turn cannot end the run, because an actor takes its exception for its own.</summary>
    public BrokenPromiseException? FirstBroken { get; private set; }

    /// <summary>Nothing has gone wrong since then, and what did is over.</summary>
    public DateTimeOffset CalmSince { get; private set; } = ManualTime.DefaultStart;

    /// <summary>Something went wrong, and it takes so long until that is over.</summary>
    public void Disturb(TimeSpan recovery) => CalmSince = Now + recovery > CalmSince ? Now + recovery : CalmSince;

    /// <summary>A promise was broken, in a turn of a node's: the run ends after it.</summary>
    public void Break(string promise) => FirstBroken ??= Broken(promise);

    /// <summary>A promise was broken: the run ends here, and says how to see it again.</summary>
    public BrokenPromiseException Broken(string promise) => new(
        $"Seed {Seed}: {promise}\nSee it again: {SimulationTests.SeedVariable}={Seed} dotnet test tests/FlowerPower.Simulation\nWhat came last:\n"
        + string.Join('\n', trace.TakeLast(LinesShown)));
}

/// <summary>The system broke one of its promises under a seed.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
