namespace FlowerPower.TestServers;

/// <summary>A number that this process has alone on the machine, and with it the names and addresses of one network, until it is disposed of or the process ends.</summary>
/// <remarks>The lock on its file goes with the process, however that ends; so a number that can be claimed has no living owner, and what is left under it is waste.</remarks>
internal sealed class NetworkClaim : IDisposable
{
    private const int Numbers = 4096;

    private readonly FileStream held;

    private NetworkClaim(int number, FileStream held)
    {
        Number = number;
        this.held = held;
    }

    /// <summary>0 to 4095.</summary>
    public int Number { get; }

    private static string Folder => Path.Combine(Path.GetTempPath(), "flowerpower-networks");

    /// <summary>The lowest number that nobody has.</summary>
    public static NetworkClaim Take()
    {
        Directory.CreateDirectory(Folder);
        return Enumerable.Range(0, Numbers).Select(TryTake).FirstOrDefault(c => c is not null)
            ?? throw new InvalidOperationException($"All {Numbers} numbers of networks are taken.");
    }

    /// <summary>Claims of everything that was claimed once and has no living owner any more.</summary>
    public static IEnumerable<NetworkClaim> TakeOrphans()
    {
        Directory.CreateDirectory(Folder);
        return Directory.EnumerateFiles(Folder).Select(f => int.TryParse(Path.GetFileName(f), out var number) ? TryTake(number) : null).OfType<NetworkClaim>();
    }

    public void Dispose() => held.Dispose();

    private static NetworkClaim? TryTake(int number)
    {
        try
        {
            return new(number, new FileStream(Path.Combine(Folder, $"{number}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null; // somebody has it
        }
    }
}
