using System.Diagnostics;
using System.Globalization;

namespace FlowerPower.TestServers;

/// <summary>Machines, as far as processes can tell: network namespaces on a bridge of their own, each with an address, that can be cut from one another without a word.</summary>
/// <remarks>
/// Needs Linux, root and iproute2. The test process is on the network too, at <see cref="OutsideAddress"/>. A cut sends what one has for the other to a link address that nobody has: packets vanish,
/// connections that exist fall silent, new ones get no answer; nobody is told. Inside, each machine's name is known to all (<c>/etc/hosts</c>). Processes end with the test process; the rest of
/// what a killed test process left is removed by the next one.
/// </remarks>
public sealed class Network : IAsyncDisposable
{
    /// <summary>The name of the test process' own end, for cuts.</summary>
    public const string Outside = "outside";

    private const string Nobody = "02:00:00:00:00:00";

    private readonly NetworkClaim claim;
    private readonly string[] names;

    private Network(NetworkClaim claim, string[] names)
    {
        this.claim = claim;
        this.names = names;
    }

    /// <summary>The names of the machines, in the order in which they were given.</summary>
    public IReadOnlyList<string> Machines => names;

    /// <summary>Where the test process can be reached.</summary>
    public string OutsideAddress => Address(claim.Number, 1);

    /// <summary>The name of the bridge, and what the names of the namespaces begin with.</summary>
    public string Name => Prefix(claim.Number);

    /// <summary>Make a network, after what killed test processes left has been removed.</summary>
    /// <param name="machines">The names of its machines; 1 to 200, each a host name.</param>
    /// <exception cref="InvalidOperationException">Not allowed, or not installed.</exception>
    public static async Task<Network> CreateAsync(params string[] machines)
    {
        foreach (var orphan in NetworkClaim.TakeOrphans())
        {
            using (orphan)
            {
                await RemoveAsync(orphan.Number);
            }
        }

        var network = new Network(NetworkClaim.Take(), machines);
        try
        {
            await RemoveAsync(network.claim.Number); // what somebody left between the two looks
            await network.BuildAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a machine, or the test process, can be reached by the others.</summary>
    public string AddressOf(string name) =>
        name == Outside ? OutsideAddress
        : Array.IndexOf(names, name) is >= 0 and var place ? Address(claim.Number, place + 2)
        : throw new ArgumentException($"The network has no machine '{name}': it has {string.Join(", ", names)}.", nameof(name));

    /// <summary>Start a process on a machine. It has the id that the answer says, and ends with the test process.</summary>
    /// <param name="machine">Where.</param>
    /// <param name="start">What; its file and arguments are prefixed.</param>
    public Task<Process> StartAsync(string machine, ProcessStartInfo start)
    {
        string[] words = ["--pdeathsig", "KILL", "ip", "netns", "exec", Namespace(machine), start.FileName, .. start.ArgumentList];
        start.FileName = "setpriv";
        start.ArgumentList.Clear();
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        return LastingThread.StartAsync(start);
    }

    /// <summary>From now on nothing passes between these two, in either direction.</summary>
    public async Task CutAsync(string one, string other)
    {
        await CutOneWayAsync(one, other);
        await CutOneWayAsync(other, one);
    }

    /// <summary>From now on nothing that one sends reaches the other; what the other sends arrives.</summary>
    public Task CutOneWayAsync(string from, string to) => InsideAsync(from, $"neigh replace {AddressOf(to)} lladdr {Nobody} dev {Device(from)} nud permanent");

    /// <summary>From now on nothing passes between this machine and all others, as if it had lost its cable; the test process can reach it no more either.</summary>
    public Task CutOffAsync(string machine) => Task.WhenAll(Others(machine).Select(other => CutAsync(machine, other)));

    /// <summary>Let everything pass again between these two.</summary>
    public async Task HealAsync(string one, string other)
    {
        await HealOneWayAsync(one, other);
        await HealOneWayAsync(other, one);
    }

    /// <summary>Let everything pass again between all.</summary>
    public Task HealAsync() => Task.WhenAll(names.Append(Outside).Select(name => InsideAsync(name, $"neigh flush nud permanent dev {Device(name)}")));

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(claim.Number);
        claim.Dispose();
    }

    private static string Prefix(int number) => $"fp{number}";

    // 10.128.0.0/9 in networks of 256 addresses; the lower half is where real networks like to be.
    private static string Address(int number, int host) => $"10.{128 + (number / 256)}.{number % 256}.{host}";

    private static async Task RemoveAsync(int number)
    {
        var prefix = Prefix(number) + "-";
        foreach (var name in (await IpTool.AskAsync("netns list")).Split('\n').Select(line => line.Split(' ')[0]).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
        {
            foreach (var id in (await IpTool.AskAsync($"netns pids {name}")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await EndAsync(int.Parse(id, CultureInfo.InvariantCulture));
            }

            await IpTool.TryAsync($"netns delete {name}");
            if (Directory.Exists(FilesOf(name)))
            {
                Directory.Delete(FilesOf(name), recursive: true);
            }
        }

        await IpTool.TryAsync($"link delete {Prefix(number)}");
    }

    // They are in a namespace of ours, so this process or its dead predecessor started them.
    private static async Task EndAsync(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
            await process.WaitForExitAsync();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    // Laid over /etc by `ip netns exec`.
    private static string FilesOf(string name) => Path.Combine("/etc/netns", name);

    private string Namespace(string machine)
    {
        _ = AddressOf(machine);
        return $"{Name}-{machine}";
    }

    private string Device(string name) => name == Outside ? Name : "eth0";

    private IEnumerable<string> Others(string name) => names.Append(Outside).Where(other => other != name);

    private async Task BuildAsync()
    {
        var lines = new List<string> { $"link add {Name} type bridge", $"address add {OutsideAddress}/24 dev {Name}", $"link set {Name} up" };
        foreach (var (name, place) in names.Select((name, place) => (name, place)))
        {
            lines.Add($"netns add {Namespace(name)}");
            lines.Add($"link add {Name}v{place} type veth peer name eth0 netns {Namespace(name)}");
            lines.Add($"link set {Name}v{place} master {Name} up");
        }

        await IpTool.DoAsync(lines);
        var hosts = names.Append(Outside).Select(name => $"{AddressOf(name)} {name}").Prepend("127.0.0.1 localhost").ToList();
        foreach (var name in names)
        {
            await InsideAsync(name, $"address add {AddressOf(name)}/24 dev eth0", "link set lo up", "link set eth0 up");
            await File.WriteAllLinesAsync(Path.Combine(Directory.CreateDirectory(FilesOf(Namespace(name))).FullName, "hosts"), hosts);
        }
    }

    private Task InsideAsync(string name, params string[] lines) => IpTool.DoAsync(lines, name == Outside ? null : Namespace(name));

    private async Task HealOneWayAsync(string from, string to)
    {
        // It may not be cut at all, or no neighbour yet.
        await IpTool.TryAsync($"{(from == Outside ? "" : $"-n {Namespace(from)} ")}neigh delete {AddressOf(to)} dev {Device(from)}");
    }
}
