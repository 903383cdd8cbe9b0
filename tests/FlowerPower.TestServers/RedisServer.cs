using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowerPower.TestServers;

/// <summary>A real redis-server with a folder of its own, on a free port of the loopback interface or on a machine of a <see cref="Network"/>; it can be killed, stopped and started again.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const int UsualPort = 6379;

    private readonly string[] settings;
    private readonly bool isSentinel;
    private readonly (Network Network, string Machine)? place;
    private Process? process;

    private RedisServer(string folder, int port, string[] settings, bool isSentinel, (Network Network, string Machine)? place = null)
    {
        Folder = folder;
        Port = port;
        this.settings = settings;
        this.isSentinel = isSentinel;
        this.place = place;
    }

    public string Folder { get; }

    public int Port { get; }

    public string Host => place is var (network, machine) ? network.AddressOf(machine) : "127.0.0.1";

    public string Url => $"redis://{Host}:{Port}";

    public int ProcessId => process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>Start a server.</summary>
    /// <param name="settings">As in redis.conf, name and value in one string; they come after the defaults and win.</param>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync(settings, isSentinel: false);

    /// <summary>Start a server on a machine of a network, at Redis' usual port; it ends with the test process, however that ends.</summary>
    /// <param name="settings">As in redis.conf, name and value in one string; they come after the defaults and win.</param>
    public static async Task<RedisServer> StartAsync(Network network, string machine, params string[] settings)
    {
        // The machine is the test's own: nobody else can reach the server, so it needs no password.
        var server = new RedisServer(Directory.CreateTempSubdirectory("fp-redis-").FullName, UsualPort, ["protected-mode no", .. settings], isSentinel: false, (network, machine));
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Start a sentinel.</summary>
    /// <param name="settings">As in sentinel.conf: whom it watches.</param>
    public static Task<RedisServer> StartSentinelAsync(params string[] settings) => StartAsync(settings, isSentinel: true);

    private static async Task<RedisServer> StartAsync(string[] settings, bool isSentinel)
    {
        for (var tries = 1; ; tries++)
        {
            var folder = Directory.CreateTempSubdirectory("fp-redis-").FullName;
            var server = new RedisServer(folder, FreePort(), settings, isSentinel);
            try
            {
                await server.StartAgainAsync();
                return server;
            }
            catch (InvalidOperationException) when (tries < 5)
            {
                // Somebody took the port between the look and the start.
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Start it again on its port with its data, and wait until it has read them.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true };
        var lines = new List<string> { $"port {Port}", $"bind {Host}", $"dir {Folder}", "daemonize no" };
        lines.AddRange(isSentinel ? [] : ["appendonly yes", "appendfsync everysec", "save \"\""]);
        lines.AddRange(settings);
        var configuration = Path.Combine(Folder, "redis.conf");
        if (!File.Exists(configuration))
        {
            await File.WriteAllLinesAsync(configuration, lines);
        }

        start.ArgumentList.Add(configuration);
        if (isSentinel)
        {
            start.ArgumentList.Add("--sentinel");
        }

        Process started;
        try
        {
            started = place is var (network, machine) ? await network.StartAsync(machine, start) : Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FileNotFoundException("redis-server is not installed: apt-get install redis-server", e);
        }

        process = started;
        AppDomain.CurrentDomain.ProcessExit += EndWithTests;
        var output = new StringBuilder();
        started.OutputDataReceived += (_, e) => Add(output, e.Data);
        started.ErrorDataReceived += (_, e) => Add(output, e.Data);
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        for (var until = Stopwatch.StartNew(); ; await Task.Delay(10))
        {
            if (started.HasExited)
            {
                throw new InvalidOperationException($"redis-server ended: {output}");
            }

            var answer = await TryAsync("PING") ?? "";
            if (answer.Contains("PONG", StringComparison.Ordinal) || answer.Contains("NOAUTH", StringComparison.Ordinal))
            {
                return;
            }

            if (until.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"redis-server does not answer: {output}");
            }
        }
    }

    /// <summary>End it as a crash does: kill -9.</summary>
    public async Task KillAsync()
    {
        if (process is { } running)
        {
            process = null;
            AppDomain.CurrentDomain.ProcessExit -= EndWithTests;
            running.Kill();
            await running.WaitForExitAsync();
            running.Dispose();
        }
    }

    /// <summary>SIGSTOP: it keeps its connections and answers nobody.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("CONT");

    /// <summary>Send a command on a connection of its own and return the raw answer.</summary>
    public async Task<string> CommandAsync(params string[] words) =>
        await TryAsync(words) ?? throw new InvalidOperationException($"redis-server at port {Port} did not answer {words[0]}");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Add(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private async Task<string?> TryAsync(params string[] words)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Host, Port);
            var stream = client.GetStream();
            var request = new StringBuilder($"*{words.Length}\r\n");
            foreach (var word in words)
            {
                request.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
            }

            await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()));
            return await ReadAnswerAsync(stream);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    // Enough of the protocol for one answer: a line, or a length and that many bytes; arrays are read to their first pause.
    private static async Task<string> ReadAnswerAsync(NetworkStream stream)
    {
        var answer = new StringBuilder();
        var buffer = new byte[65_536];
        do
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                throw new IOException("closed");
            }

            answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        while (!IsWhole(answer.ToString()));
        return answer.ToString();
    }

    private static bool IsWhole(string answer)
    {
        var end = answer.IndexOf("\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        return answer[0] != '$' || answer.StartsWith("$-1", StringComparison.Ordinal)
            || Encoding.UTF8.GetByteCount(answer) >= end + 4 + int.Parse(answer.AsSpan(1, end - 1));
    }

    private void EndWithTests(object? sender, EventArgs e) => process?.Kill();

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{ProcessId}"]);
        kill.WaitForExit();
    }
}
