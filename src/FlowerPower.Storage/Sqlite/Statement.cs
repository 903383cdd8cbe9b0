using System.Text;
using SQLitePCL;

namespace FlowerPower.Storage;

/// <summary>A prepared statement, run any number of times by one thread at a time.</summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Begin a run: bind, step, read; its end frees the snapshot that SQLite holds for it.</summary>
    public Run Begin() => new(database, handle);

    public void Dispose() => handle.Dispose();

    /// <summary>One run. Parameters count from 1, columns from 0.</summary>
    public readonly ref struct Run(Database database, sqlite3_stmt handle)
    {
        /// <summary>Bind a number.</summary>
        public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(handle, parameter, value));

        /// <summary>Bind a number or NULL.</summary>
        public void Bind(int parameter, long? value)
        {
            if (value is { } number)
            {
                Bind(parameter, number);
            }
            else
            {
                Check(raw.sqlite3_bind_null(handle, parameter));
            }
        }

        /// <summary>Bind a text.</summary>
        public void Bind(int parameter, string value)
        {
            Span<byte> buffer = stackalloc byte[512];
            ReadOnlySpan<byte> bytes = value.Length <= buffer.Length / 3
                ? buffer[..Encoding.UTF8.GetBytes(value, buffer)]
                : Encoding.UTF8.GetBytes(value);
            Check(raw.sqlite3_bind_text(handle, parameter, bytes));
        }

        /// <summary>Bind bytes.</summary>
        public void Bind(int parameter, ReadOnlySpan<byte> value) => Check(
            value.IsEmpty // no pointer to nothing: SQLite would take it for NULL
                ? raw.sqlite3_bind_zeroblob(handle, parameter, 0)
                : raw.sqlite3_bind_blob(handle, parameter, value));

        /// <summary>Bind the 16 bytes of an id.</summary>
        public void Bind(int parameter, Guid value)
        {
            Span<byte> bytes = stackalloc byte[16];
            value.TryWriteBytes(bytes);
            Bind(parameter, bytes);
        }

        /// <summary>Go to the next row.</summary>
        /// <returns><see langword="false"/> after the last.</returns>
        public bool Step() => raw.sqlite3_step(handle) switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            var error => throw database.Error(error),
        };

        /// <summary>Run a statement that has no rows.</summary>
        public void Execute()
        {
            while (Step())
            {
                // A write has no rows; one with RETURNING would.
            }
        }

        /// <summary>A column's number; 0 for NULL.</summary>
        public long Number(int column) => raw.sqlite3_column_int64(handle, column);

        /// <summary>A column's text.</summary>
        public string Text(int column) => Encoding.UTF8.GetString(Blob(column));

        /// <summary>A column's bytes, valid until the next step.</summary>
        public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

        /// <summary>A column's 16 bytes as an id.</summary>
        /// <exception cref="FormatException">It has another length.</exception>
        public Guid Id(int column) =>
            Blob(column) is { Length: 16 } bytes ? new Guid(bytes) : throw new FormatException("an id does not have 16 bytes");

        /// <summary>Whether a column is NULL.</summary>
        public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

        /// <summary>End the run. Errors were reported by the step that they belong to.</summary>
        public void Dispose()
        {
            raw.sqlite3_reset(handle);
            raw.sqlite3_clear_bindings(handle);
        }

        private void Check(int result)
        {
            if (result != raw.SQLITE_OK)
            {
                throw database.Error(result);
            }
        }
    }
}
