namespace FlowerPower.Storage.Contracts.Sqlite;

public sealed class FileFaultTests : IDisposable
{
    private readonly TestFolder folder = new();

    private string Path => folder.File("store.db.lock");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_that_somebody_holds_is_held()
    {
        using var held = Lock(Path);

        Assert.True(FileFault.IsHeld(Assert.Throws<IOException>(() => Lock(Path))));
    }

    [Fact]
    public void A_missing_folder_is_not_held_and_the_remedy_is_to_make_it()
    {
        var path = System.IO.Path.Combine(folder.File("none"), "store.db.lock");

        var error = Assert.Throws<DirectoryNotFoundException>(() => Lock(path));

        Assert.False(FileFault.IsHeld(error));
        Assert.Equal($"a part of the path '{path}' is missing, or is a file: make the folder", FileFault.Explain(error, path));
    }

    [Fact]
    public void A_path_that_is_too_long_is_not_held_and_the_remedy_is_a_shorter_one()
    {
        var path = folder.File(new string('x', 300));

        var error = Assert.Throws<PathTooLongException>(() => Lock(path));

        Assert.False(FileFault.IsHeld(error));
        Assert.Contains("is too long: move the project to a shorter one", FileFault.Explain(error, path));
    }

    [Theory]
    [InlineData(30, 19, "is on a read-only file system: make that writable")]
    [InlineData(28, 112, "there is no space left on the disk")]
    [InlineData(5, 1117, "no idea: look at the disk")]
    public void What_the_operating_system_refuses_for_another_reason_is_not_held(int errno, int windows, string remedy)
    {
        var error = new IOException("no idea.", OperatingSystem.IsWindows() ? unchecked((int)0x80070000) | windows : errno);

        Assert.False(FileFault.IsHeld(error));
        Assert.Contains(remedy, FileFault.Explain(error, Path));
    }

    private static FileStream Lock(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
