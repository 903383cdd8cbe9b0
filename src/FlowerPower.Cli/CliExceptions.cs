namespace FlowerPower.Cli;

/// <summary>The command line says something that it may not: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The project's configuration says something that it may not: exit code 2.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);

/// <summary>The command was understood and could not be done: exit code 1. For what no library exception says already.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);

/// <summary>Somebody interrupted the command, and should know what that leaves behind: exit code 130.</summary>
internal sealed class InterruptedException(string message) : Exception(message);
