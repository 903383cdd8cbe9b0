namespace FlowerPower.Storage.Contracts.Sqlite;

/// <summary>No read walks through more than it returns: SQLite's own plan says so, at any size.</summary>
public sealed class ListPlanTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_list_walks_an_index_in_the_lists_order()
    {
        var path = folder.File("store.db");
        await (await SqliteShardStore.OpenAsync(new SqliteStoreOptions { Path = path })).DisposeAsync();
        foreach (var status in new int?[] { null, 1 })
        {
            foreach (var group in new[] { null, "g" })
            {
                foreach (var queue in new[] { null, "q" })
                {
                    foreach (var after in new[] { null, new RecordCursor(ShardWriter.T0, "a") })
                    {
                        var query = new RecordQuery { Status = status, Group = group, Queue = queue, After = after };
                        var plan = SqliteFile.Rows(path, "EXPLAIN QUERY PLAN " + ListReader.Sql(query, statuses: 7));

                        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE"));
                        var isWhole = status is null && group is null && queue is null && after is null;
                        Assert.DoesNotContain(plan, step => !isWhole && step.Contains("SCAN record"));
                        Assert.Contains(plan, step => step.Contains("USING INDEX record_"));
                    }
                }
            }
        }
    }
}
