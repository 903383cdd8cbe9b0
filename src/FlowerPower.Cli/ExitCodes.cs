namespace FlowerPower.Cli;

/// <summary>What the tool's end means to scripts; every command's help names them.</summary>
internal static class ExitCodes
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>The command was understood, and it failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong, or what the project's configuration says.</summary>
    public const int Usage = 2;

    /// <summary>Somebody interrupted it: 128 and the number of SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
