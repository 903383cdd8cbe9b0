using FlowerPower.Pipelines;

namespace FlowerPower.Cli.Tests.Harness;

/// <summary>A project in a temporary folder, gone at the test's end.</summary>
internal sealed class TempProject : IDisposable
{
    public TempProject()
    {
        // Short, because the folder's socket has to fit in a socket's path.
        Root = Directory.CreateTempSubdirectory("fp-").FullName;
        FlowerPowerProject.Create(Root, "shop");
    }

    public string Root { get; }

    public string Database => Path.Combine(Root, ".flowerpower", "jobs.db");

    /// <summary>A pipeline that greets; what <c>pipeline new</c> makes.</summary>
    public TempProject WithHello()
    {
        FlowerPowerProject.Load(Root).CreatePipeline("hello");
        return this;
    }

    public TempProject With(string pipeline, string code, string yaml = "")
    {
        Write($"pipelines/{pipeline}.cs", code);
        return yaml.Length == 0 ? this : Write($"conf/pipelines/{pipeline}.yml", yaml);
    }

    /// <summary>A pipeline whose one node always fails.</summary>
    public TempProject WithFailing() => With(
        "broken",
        """
        public static class Broken
        {
            public static int Answer(string question) => throw new InvalidOperationException($"nobody knows {question}");
        }
        """,
        """
        run:
          inputs: { question: why }
          final_vars: [answer]
          retry: { max_retries: 0 }
        """);

    /// <summary>A pipeline that connects to the socket that its input names, and returns what it is told there.</summary>
    public TempProject WithGated() => With(
        "gated",
        """
        using System.Net.Sockets;
        using System.Text;

        public static class Gated
        {
            public static async Task<string> Answer(string gate, CancellationToken stop)
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(gate), stop);
                var told = new byte[64];
                var length = await socket.ReceiveAsync(told, stop);
                return Encoding.UTF8.GetString(told, 0, length);
            }
        }
        """,
        """
        run:
          final_vars: [answer]
        """);

    public TempProject Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
