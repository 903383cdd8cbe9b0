using System.Text;
using FlowerPower.Deployment.Machines;

namespace FlowerPower.Deployment.Files;

/// <summary>The files that <c>kubectl apply --filename cluster-config/kubernetes</c> takes, as a Kubernetes cluster would understand them.</summary>
internal sealed class Manifests
{
    public const string Folder = "cluster-config/kubernetes";

    public Manifests() => Objects =
    [
        .. Directory.EnumerateFiles(Repository.PathOf(Folder)).Where(path => path.EndsWith(".yml", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).SelectMany(path => Yaml.Documents(File.ReadAllText(path))),
    ];

    public IReadOnlyList<Yaml> Objects { get; }

    public IEnumerable<Yaml> Of(string kind) => Objects.Where(o => o["kind"].Text == kind);

    public Yaml One(string kind, string name) => Assert.Single(Of(kind), o => o["metadata"]["name"].Text == name);

    /// <summary>One of the pods of a StatefulSet or Deployment.</summary>
    public Pod PodOf(Yaml owner) => new(owner["spec"]["template"]["spec"], this);
}

/// <summary>What a pod is made with.</summary>
internal sealed class Pod(Yaml spec, Manifests manifests)
{
    private const int LittleSecret = 0b100_100_100;

    public Yaml Spec => spec;

    public Yaml Container => Assert.Single(spec["containers"].Items);

    public TimeSpan Grace => TimeSpan.FromSeconds(spec["terminationGracePeriodSeconds"].Number);

    /// <summary>What the kubelet asks, such as /live at 7711.</summary>
    public (string Path, int Port) Probe(string name)
    {
        var asked = Container[name]["httpGet"];
        return (asked["path"].Text, Assert.Single(Container["ports"].Items, port => port["name"].Text == asked["port"].Text)["containerPort"].Number);
    }

    /// <summary>What the kubelet starts.</summary>
    /// <param name="secrets">The keys of the secret that an operator has made.</param>
    /// <param name="folder">A folder of the test for the volumes' files.</param>
    /// <param name="isRedis">Of the image redis, which has another user and no entry point of its own.</param>
    public ContainerSpec Start(string podName, string podAddress, IReadOnlyDictionary<string, string> secrets, string folder, bool isRedis = false)
    {
        var arguments = Container["args"].Texts;
        var image = isRedis ? ContainerSpec.OfRedis(arguments) : ContainerSpec.OfNodes(command: arguments);
        foreach (var variable in Container["env"].Items)
        {
            if (ValueOf(variable, podName, podAddress, secrets) is { } value)
            {
                image.Environment[variable["name"].Text] = value;
            }
        }

        Assert.Equal("true", spec["securityContext"]["runAsNonRoot"].Text);
        return image with
        {
            User = spec["securityContext"]["runAsUser"].Text,
            IsReadOnly = Container["securityContext"]["readOnlyRootFilesystem"].Text == "true",
            Mounts = [.. Container["volumeMounts"].Items.Select(mount => Mount(mount, secrets, Path.Combine(folder, podName)))],
        };
    }

    private static string? ValueOf(Yaml variable, string podName, string podAddress, IReadOnlyDictionary<string, string> secrets)
    {
        var from = variable["valueFrom"];
        if (!from.IsThere)
        {
            return variable["value"].Text;
        }

        if (from["fieldRef"].IsThere)
        {
            return from["fieldRef"]["fieldPath"].Text switch
            {
                "metadata.name" => podName,
                "status.podIP" => podAddress,
                var other => throw new InvalidDataException($"The downward API has no {other}."),
            };
        }

        var key = from["secretKeyRef"];
        Assert.Equal("flowerpower", key["name"].Text);
        return secrets.TryGetValue(key["key"].Text, out var value) ? value
            : key["optional"].TextOrNull == "true" ? null
            : throw new InvalidDataException($"The secret has no {key["key"].Text}.");
    }

    private ContainerMount Mount(Yaml mount, IReadOnlyDictionary<string, string> secrets, string folder)
    {
        var name = mount["name"].Text;
        var target = mount["mountPath"].Text;
        var options = mount["readOnly"].TextOrNull == "true" ? "ro" : "";
        var volume = spec["volumes"].Items.FirstOrDefault(v => v["name"].Text == name) ?? new Yaml(null);
        if (volume["emptyDir"].IsThere)
        {
            return new ContainerMount(target, null);
        }

        var files = volume["configMap"].IsThere
            ? manifests.One("ConfigMap", volume["configMap"]["name"].Text)["data"].Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Text)
            : volume["secret"].IsThere
            ? volume["secret"]["items"].Items.ToDictionary(item => item["path"].Text, item => secrets[item["key"].Text])
            : []; // a claim: a disk that begins empty
        var source = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.SetUnixFileMode(source, (UnixFileMode)0b111_111_111);
        foreach (var (file, text) in files)
        {
            File.WriteAllText(Path.Combine(source, file), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            File.SetUnixFileMode(Path.Combine(source, file), (UnixFileMode)LittleSecret);
        }

        return new ContainerMount(target, source, options);
    }
}
