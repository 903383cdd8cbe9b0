using FlowerPower.Deployment.Files;

namespace FlowerPower.Deployment.Machines;

/// <summary>What one container is to be.</summary>
internal sealed record ContainerSpec
{
    public required string[] Command { get; init; }

    public required Dictionary<string, string> Environment { get; init; }

    /// <summary>The number of a user, who is its own group.</summary>
    public required string User { get; init; }

    public string WorkFolder { get; init; } = "/";

    public bool IsReadOnly { get; init; }

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>The command that the image's build runs in its last stage.</summary>
    public string Run { get; init; } = "true";

    /// <summary>The image of the nodes, with what it runs if nothing else is said.</summary>
    public static ContainerSpec OfNodes(string[]? entrypoint = null, string[]? command = null)
    {
        var image = ImageFile.Nodes;
        return new ContainerSpec
        {
            Command = [.. entrypoint ?? image.Entrypoint, .. command ?? image.Command],
            Environment = image.Environment,
            User = image.User,
            WorkFolder = image.WorkFolder,
            Run = image.Run,
        };
    }

    /// <summary>The image redis:7: its server in /data, as its own user.</summary>
    public static ContainerSpec OfRedis(string[] command) => new()
    {
        Command = command,
        Environment = new() { ["PATH"] = "/usr/local/bin:/usr/bin:/bin" },
        User = "999",
        WorkFolder = "/data",
    };
}

/// <summary>Something mounted into a container.</summary>
/// <param name="Source">A file or folder of the test's machine; <see langword="null"/>: memory.</param>
/// <param name="Options">As mount has them.</param>
internal sealed record ContainerMount(string Target, string? Source, string Options = "");
