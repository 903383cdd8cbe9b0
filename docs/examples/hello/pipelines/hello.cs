/// <summary>Each public static method is a node; its parameters name the nodes and inputs that it needs.</summary>
public static class Hello
{
    /// <summary>A greeting for the input name.</summary>
    public static string Greeting(string name) => $"Hello, {name}!";

    /// <summary>How long the greeting is.</summary>
    public static int GreetingLength(string greeting) => greeting.Length;
}
