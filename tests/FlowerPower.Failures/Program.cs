using System.Globalization;
using FlowerPower.Failures.Chaos;
using FlowerPower.Failures.Machines;

return args switch
{
    [NetworkHolder.Command] => await NetworkHolder.MainAsync(),
    [KillsCommand.Name, var count] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => await KillsCommand.RunAsync(n),
    [] => await ChaosAsync("10", null),
    [var minutes] => await ChaosAsync(minutes, null),
    ["--seed", var seed] => await ChaosAsync("10", seed),
    [var minutes, "--seed", var seed] => await ChaosAsync(minutes, seed),
    _ => Usage(),
};

static async Task<int> ChaosAsync(string minutes, string? seed) =>
    double.TryParse(minutes, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var length) && length > 0
    && int.TryParse(seed ?? $"{Environment.TickCount & 0xFFFF}", NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? await ChaosCommand.RunAsync(TimeSpan.FromMinutes(length), number)
        : Usage();

static int Usage()
{
    Console.Error.WriteLine("""
        bash tests/chaos [MINUTES] [--seed N]   random faults under load, 10 minutes if not said; a seed chooses the same faults again
        bash tests/chaos kills N                N kills of workers, N of queue nodes, N frozen workers: how long until others have what they had
        """);
    return 2;
}
