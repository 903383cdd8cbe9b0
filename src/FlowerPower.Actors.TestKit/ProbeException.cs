namespace FlowerPower.Actors.TestKit;

/// <summary>An expectation about messages was not met; says what was expected and what came.</summary>
public sealed class ProbeException(string message) : Exception(message);
