namespace FlowerPower.Storage;

/// <summary>Something is wrong with a store. The message is one sentence for people, with the remedy.</summary>
public abstract class StoreException(string message, Exception? inner) : Exception(message, inner);

/// <summary>The store did not answer, so a write's outcome is unknown: repeat it with the same token.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : StoreException(message, inner);

/// <summary>What is stored breaks the store's own rules: a torn file, a gap in a log, another program's file.</summary>
public sealed class StoreCorruptException(string message, Exception? inner = null) : StoreException(message, inner);

/// <summary>The store exists, but not for this caller: held by another process, made with another shard count or by a newer version.</summary>
public sealed class StoreRefusedException(string message, Exception? inner = null) : StoreException(message, inner);
