using System.Net.Sockets;
using System.Text;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>A place where running jobs arrive and wait until the test lets them go on.</summary>
internal sealed class Gate : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gate-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public Gate()
    {
        Path = System.IO.Path.Combine(folder, "gate");
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
    }

    /// <summary>The pipeline's input.</summary>
    public string Path { get; }

    /// <summary>The next job that arrives: it runs now.</summary>
    public async Task<Visitor> ArrivalAsync() => new(await listener.AcceptAsync().WaitAsync(Tool.Bound));

    public void Dispose()
    {
        listener.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A job that waits at a gate.</summary>
internal sealed class Visitor(Socket socket) : IDisposable
{
    /// <summary>Let it go on, with its result.</summary>
    public Task ReleaseAsync(string answer) => socket.SendAsync(Encoding.UTF8.GetBytes(answer));

    /// <summary>Done when the job has gone away without an answer: it was stopped, or its process died.</summary>
    public async Task GoneAsync() => Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).WaitAsync(Tool.Bound));

    public void Dispose() => socket.Dispose();
}
