using FlowerPower.Storage.Contracts.Sqlite;

return await ChildProcess.MainAsync(args);
