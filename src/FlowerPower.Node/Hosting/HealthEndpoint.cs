using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FlowerPower.Actors.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FlowerPower.Node.Hosting;

/// <summary>Two addresses for whoever watches a process: <c>/live</c> while it runs, <c>/ready</c> while work may be sent to it.</summary>
/// <remarks><c>/live</c> asks nobody: a process that is killed because Redis is away comes back no better, and its jobs are lost time.</remarks>
internal sealed class HealthEndpoint : IAsyncDisposable
{
    private readonly KestrelServer server;

    private HealthEndpoint(KestrelServer server) => this.server = server;

    /// <summary>Listens.</summary>
    /// <param name="address">An IP address or <c>localhost</c>.</param>
    /// <param name="whyNotReady"><see langword="null"/>: ready.</param>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<HealthEndpoint> StartAsync(PeerAddress address, string node, Func<string?> whyNotReady, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection().AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).BuildServiceProvider();
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = 100;
        options.Limits.MaxRequestBodySize = 0;
        options.Listen(IPAddress.TryParse(address.Host, out var ip) ? ip : IPAddress.Loopback, address.Port);
        var server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new Application(node, whyNotReady), cancellationToken).ConfigureAwait(false);
            return new HealthEndpoint(server);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            server.Dispose();
            throw new IOException($"The health endpoint cannot listen on {address}: {error.Message} Choose another port with health.", error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync().ConfigureAwait(false);
        await server.StopAsync(atOnce.Token).ConfigureAwait(false);
        server.Dispose();
    }

    private sealed class Application(string node, Func<string?> whyNotReady) : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }

        public async Task ProcessRequestAsync(IFeatureCollection context)
        {
            var request = context.GetRequiredFeature<IHttpRequestFeature>();
            var (code, status, why) = (request.Method, request.Path) switch
            {
                (not ("GET" or "HEAD"), _) => (405, "refused", "only GET is answered here"),
                (_, "/live") => (200, "live", null),
                (_, "/ready") => whyNotReady() is { } reason ? (503, "not ready", reason) : (200, "ready", null),
                _ => (404, "unknown", "ask /live or /ready"),
            };
            var body = JsonSerializer.SerializeToUtf8Bytes(
                why is null ? new Dictionary<string, string> { ["status"] = status, ["node"] = node } : new() { ["status"] = status, ["node"] = node, ["why"] = why });
            var response = context.GetRequiredFeature<IHttpResponseFeature>();
            response.StatusCode = code;
            response.Headers.ContentType = "application/json";
            response.Headers.ContentLength = body.Length;
            response.Headers.CacheControl = "no-store";
            if (request.Method != "HEAD")
            {
                await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body).ConfigureAwait(false);
            }
        }
    }
}
