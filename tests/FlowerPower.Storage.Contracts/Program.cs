using FlowerPower.Storage.Contracts;
using FlowerPower.Storage.Contracts.Sqlite;

return args is [RedisChild.Command, ..] ? await RedisChild.MainAsync(args) : await ChildProcess.MainAsync(args);
