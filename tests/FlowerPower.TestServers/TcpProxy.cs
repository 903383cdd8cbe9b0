using System.Net;
using System.Net.Sockets;

namespace FlowerPower.TestServers;

/// <summary>What happens to one transfer through a <see cref="TcpProxy"/>.</summary>
public enum ProxyFault
{
    /// <summary>A request is not passed on, and its connection breaks.</summary>
    CutBeforeRequest = 1,

    /// <summary>A request is passed on and carried out; its reply is lost, and its connection breaks.</summary>
    CutBeforeReply = 2,

    /// <summary>A request is passed on and carried out; from its reply on nothing comes back, and nobody is told.</summary>
    SilentFromReply = 3,
}

/// <summary>Stands between a client and a server on loopback, and can break one transfer at the right moment.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly Acceptor acceptor;
    private readonly Lock gate = new();
    private readonly int target;
    private ProxyFault fault;
    private int countdown;
    private int faults;
    private int connections;

    private TcpProxy(int target)
    {
        this.target = target;
        acceptor = new Acceptor(ServeAsync);
    }

    public int Port => acceptor.Port;

    public string Url => $"redis://127.0.0.1:{Port}";

    /// <summary>How many faults have happened.</summary>
    public int Faults => Volatile.Read(ref faults);

    /// <summary>How many connections clients have opened.</summary>
    public int Connections => Volatile.Read(ref connections);

    public static TcpProxy Start(int targetPort) => new(targetPort);

    /// <summary>Let one fault happen.</summary>
    /// <param name="nth">To which transfer from now on, over all connections; 1 is the next.</param>
    public void Arm(ProxyFault what, int nth)
    {
        lock (gate)
        {
            (fault, countdown) = (what, nth);
        }
    }

    /// <summary>Let no fault happen from now on.</summary>
    public void Disarm()
    {
        lock (gate)
        {
            countdown = 0;
        }
    }

    public ValueTask DisposeAsync() => acceptor.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken stopping)
    {
        Interlocked.Increment(ref connections);
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, target, stopping);
        (client.NoDelay, server.NoDelay) = (true, true);
        await Task.WhenAny(
            PumpAsync(client.GetStream(), server.GetStream(), isRequest: true, stopping),
            PumpAsync(server.GetStream(), client.GetStream(), isRequest: false, stopping));
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, bool isRequest, CancellationToken stopping)
    {
        var buffer = new byte[65_536];
        var isSilent = false;
        while (await from.ReadAsync(buffer, stopping) is var read and > 0)
        {
            switch (isSilent ? ProxyFault.SilentFromReply : FaultOf(isRequest))
            {
                case ProxyFault.CutBeforeRequest or ProxyFault.CutBeforeReply:
                    return;
                case ProxyFault.SilentFromReply:
                    isSilent = true;
                    break;
                default:
                    await to.WriteAsync(buffer.AsMemory(0, read), stopping);
                    break;
            }
        }
    }

    private ProxyFault? FaultOf(bool isRequest)
    {
        lock (gate)
        {
            if (countdown == 0 || isRequest != (fault == ProxyFault.CutBeforeRequest) || --countdown > 0)
            {
                return null;
            }

            faults++;
            return fault;
        }
    }
}
