namespace FlowerPower.Storage;

/// <summary>What the operating system means when a file beside the store cannot be opened or written, and what to do about it.</summary>
internal static class FileFault
{
    private const int WindowsWriteProtect = 19;
    private const int WindowsSharingViolation = 32;
    private const int WindowsLockViolation = 33;
    private const int WindowsHandleDiskFull = 39;
    private const int WindowsDiskFull = 112;
    private const int UnixNoSpace = 28;
    private const int UnixReadOnly = 30;

    private static bool IsLinux => OperatingSystem.IsLinux();

    /// <summary>Somebody else has the file open and locked: the one fault that goes away when they close it.</summary>
    public static bool IsHeld(IOException error) => OperatingSystem.IsWindows()
        ? Code(error) is WindowsSharingViolation or WindowsLockViolation
        : error.HResult == (IsLinux ? 11 : 35); // .NET hands the bare errno through: EWOULDBLOCK

    /// <summary>Why, and what to do: two halves of a sentence with a colon between them, without a full stop.</summary>
    /// <param name="path">What could not be opened or written.</param>
    public static string Explain(Exception error, string path) => error switch
    {
        UnauthorizedAccessException => $"this user may not write '{path}': give the right to, there and in its folder",
        DirectoryNotFoundException => $"a part of the path '{path}' is missing, or is a file: make the folder",
        PathTooLongException => $"the path '{path}' is too long: move the project to a shorter one",
        IOException e when IsReadOnly(e) => $"'{path}' is on a read-only file system: make that writable, or use a copy of the folder elsewhere",
        IOException e when IsFull(e) => $"there is no space left on the disk for '{path}': free some",
        _ => $"{error.Message.TrimEnd('.')}: look at the disk",
    };

    private static bool IsReadOnly(IOException error) => OperatingSystem.IsWindows()
        ? Code(error) == WindowsWriteProtect
        : error.HResult == UnixReadOnly;

    private static bool IsFull(IOException error) => OperatingSystem.IsWindows()
        ? Code(error) is WindowsDiskFull or WindowsHandleDiskFull
        : error.HResult == UnixNoSpace || error.HResult == (IsLinux ? 122 : 69); // the last one: the user's quota

    private static int Code(Exception error) => error.HResult & 0xFFFF;
}
