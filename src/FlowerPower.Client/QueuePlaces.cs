using FlowerPower.Node;
using FlowerPower.Pipelines;
using FlowerPower.Storage;

namespace FlowerPower.Client;

/// <summary>Where a project's jobs are kept, by what the caller wants and what <c>conf/project.yml</c> says.</summary>
public static class QueuePlaces
{
    /// <summary>The caller's address wins over the project's; without either the jobs are in a SQLite database in the state folder.</summary>
    /// <exception cref="ArgumentException">
    /// The address cannot be used; the message says why, shows one that works, and names the file where it is not the caller's.
    /// </exception>
    public static QueuePlace Of(FlowerPowerProject project, QueueOptions options)
    {
        var name = NameOf(project.Name);
        try
        {
            var redis = options.Redis is { } address ? RedisAddress.Parse(address, name) : Configured(project, name);
            return QueuePlace.Of(project.StateFolder, redis);
        }
        catch (FormatException wrong)
        {
            throw new ArgumentException(wrong.Message, nameof(options), wrong);
        }
    }

    /// <summary>Not <c>type: rq</c> or another: a project that was written for RQ names a Redis too, and its jobs there are RQ's.</summary>
    private static RedisAddress? Configured(FlowerPowerProject project, string name)
    {
        var queue = project.Config.JobQueue;
        var file = project.ConfigFileName;
        if (!string.Equals(queue.Type ?? ActorsAdapter.AdapterName, ActorsAdapter.AdapterName, StringComparison.OrdinalIgnoreCase) || !queue.IsSet("backend"))
        {
            return null;
        }

        var backend = queue.Backend;
        if (backend.Type is "sqlite" or ClusterPlaces.BackendType)
        {
            return null;
        }

        if (backend.Type is not "redis")
        {
            throw new FormatException($"{file}: job_queue.backend.type is '{backend.Type}'; it can be redis, sqlite or cluster.");
        }

        foreach (var key in new[] { "cert_file", "key_file", "ca_file" })
        {
            if (backend.IsSet(key) && backend[key] is not null)
            {
                throw new FormatException($"{file}: job_queue.backend.{key} is not supported: the system's trusted authorities are used.");
            }
        }

        if (backend.Uri is { } uri)
        {
            return Parse(uri, "job_queue.backend.uri");
        }

        var entry = backend.Password is { } password ? $"{Uri.EscapeDataString(backend.Username ?? "")}:{Uri.EscapeDataString(password)}@" : "";
        var host = backend.Host.Contains(':', StringComparison.Ordinal) ? $"[{backend.Host}]" : backend.Host;
        return Parse($"{(backend.Ssl ? "rediss" : "redis")}://{entry}{host}:{backend.Port}/{backend.Database}", "job_queue.backend");

        RedisAddress Parse(string address, string key)
        {
            try
            {
                return RedisAddress.Parse(address, name);
            }
            catch (FormatException wrong)
            {
                throw new FormatException($"{file}: {key}: {wrong.Message}", wrong);
            }
        }
    }

    /// <summary>Several projects may share one Redis, so a store is called as its project unless somebody says otherwise.</summary>
    private static string NameOf(string project)
    {
        var name = new string([.. project.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')]);
        return name.Length == 0 ? RedisAddress.DefaultName : name;
    }
}
