using FlowerPower.Failures.Machines;

return args switch
{
    [NetworkHolder.Command] => await NetworkHolder.MainAsync(),
    _ => Unknown(),
};

static int Unknown()
{
    Console.Error.WriteLine("The tests run by: bash tests/run Failures");
    return 2;
}
