using System.Runtime.InteropServices;
using System.Text;
using FlowerPower.Cli;
using FlowerPower.Cli.Running;

// The console's own writers end lines as the platform does and flush each; these say exactly what Output says.
var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var output = new StreamWriter(Console.OpenStandardOutput(), encoding);
using var error = new StreamWriter(Console.OpenStandardError(), encoding);
Console.SetOut(error); // what pipelines print must not get between the lines of a result
using var interrupts = new Interrupts();
using var control = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
return await CliApp.RunAsync(args, new CliHost
{
    Out = output,
    Error = error,
    IsOutTerminal = !Console.IsOutputRedirected,
    IsErrorTerminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
    Width = ConsoleWidth,
    Interrupts = interrupts,
});

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    if (interrupts.Raise() > 2)
    {
        // Neither an orderly end nor a quick one came about. What is stored is stored.
        Environment.Exit(ExitCodes.Interrupted);
    }
}

static int ConsoleWidth()
{
    try
    {
        return Console.WindowWidth > 0 ? Console.WindowWidth : 100;
    }
    catch (IOException)
    {
        return 100;
    }
}
