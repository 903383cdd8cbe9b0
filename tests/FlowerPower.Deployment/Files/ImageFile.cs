using System.Text.Json;

namespace FlowerPower.Deployment.Files;

/// <summary>The instructions of a Dockerfile, and what its last stage comes to.</summary>
internal sealed class ImageFile
{
    /// <summary>The user that the base image brings.</summary>
    public const string AppUser = "1654";

    private readonly List<(string Word, string Text)> last = [];

    private ImageFile(IReadOnlyList<(string Word, string Text)> instructions)
    {
        Instructions = instructions;
        last.AddRange(instructions.Skip(instructions.ToList().FindLastIndex(i => i.Word == "FROM")));
    }

    public static ImageFile Nodes { get; } = Parse(Repository.Read("cluster-config/docker/Dockerfile"));

    /// <summary>All of them, in order.</summary>
    public IReadOnlyList<(string Word, string Text)> Instructions { get; }

    public IReadOnlyList<(string Word, string Text)> LastStage => last;

    public string[] Entrypoint => JsonSerializer.Deserialize<string[]>(One("ENTRYPOINT"))!;

    public string[] Command => JsonSerializer.Deserialize<string[]>(One("CMD"))!;

    public string Run => One("RUN");

    public string User => One("USER").Replace("$APP_UID", AppUser, StringComparison.Ordinal);

    public string WorkFolder => One("WORKDIR");

    /// <summary>The environment of its processes: the base image's, and its own.</summary>
    public Dictionary<string, string> Environment
    {
        get
        {
            var all = new Dictionary<string, string>
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["HOME"] = "/home/app",
                ["APP_UID"] = AppUser,
                ["ASPNETCORE_HTTP_PORTS"] = "8080",
                ["DOTNET_RUNNING_IN_CONTAINER"] = "true",
            };
            foreach (var (_, rest) in last.Where(i => i.Word == "ENV"))
            {
                var at = rest.IndexOf('=', StringComparison.Ordinal);
                all[rest[..at]] = rest[(at + 1)..];
            }

            return all;
        }
    }

    public string One(string word) => Assert.Single(last, i => i.Word == word).Text;

    private static ImageFile Parse(string text) => new(
        [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', 2)).Select(words => (words[0], words[1].Trim()))]);
}
