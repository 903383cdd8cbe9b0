namespace FlowerPower.Storage.Contracts.Sqlite;

/// <summary>A folder of its own for each test, deleted with it.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("store-");

    public string File(string name) => Path.Combine(directory.FullName, name);

    public void Dispose() => directory.Delete(recursive: true);
}
