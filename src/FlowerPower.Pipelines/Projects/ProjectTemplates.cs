namespace FlowerPower.Pipelines.Projects;

/// <summary>The files of a new project and a new pipeline.</summary>
internal static class ProjectTemplates
{
    public static string Project(string name) =>
        $"""
        # What holds for the whole project. Every key and its default: docs/guides/configuration.md.
        name: {Quoted(name)}

        # The job queue. Without a backend it keeps its state in .flowerpower/, on this machine.
        # job_queue:
        #   backend:
        #     type: redis
        #     uri: ${"{"}REDIS_URL:-redis://localhost:6379/0{"}"}

        """;

    public static string Readme(string name) =>
        $"""
        # {name}

        A FlowerPower project: `conf/pipelines/` says how a pipeline runs, `pipelines/` what it computes.

        ```sh
        flowerpower pipeline new hello    # a pipeline that runs as it is
        flowerpower pipeline run hello    # run it here and now
        flowerpower queue enqueue hello   # or let a worker run it
        ```

        """;

    public static string PipelineYaml(string name) =>
        $"""
        # How the pipeline {name} runs. Every key and its default: docs/guides/configuration.md.
        run:
          inputs:
            name: World
          final_vars:
            - greeting
            - greeting_length
          retry:
            max_retries: 3
            retry_delay: 1.0

        params: {"{}"}

        """;

    public static string PipelineCode(string name) =>
        $$"""
        /// <summary>
        /// Each public static method is a node of the graph: GreetingLength is the node greeting_length, and its parameter
        /// greeting is the node or input that it needs.
        /// </summary>
        public static class {{ClassName(name)}}
        {
            /// <summary>A greeting for the input name.</summary>
            public static string Greeting(string name) => $"Hello, {name}!";

            /// <summary>How long the greeting is.</summary>
            public static int GreetingLength(string greeting) => greeting.Length;
        }

        """;

    /// <summary>The last part of a pipeline's name as a class's: <c>etl.sales-report</c> is <c>SalesReport</c>.</summary>
    public static string ClassName(string name)
    {
        var words = name.Split('.')[^1].Split(['-', '_'], StringSplitOptions.RemoveEmptyEntries);
        var pascal = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return pascal switch
        {
            "" => "Pipeline",
            [var first, ..] when char.IsAsciiDigit(first) => "Pipeline" + pascal,

            // A class named like its own method does not compile.
            "Greeting" or "GreetingLength" => pascal + "Pipeline",
            _ => pascal,
        };
    }

    // A name has no backslash and no control character; what is left to guard is the quote, and the dollar sign of ${VAR}.
    private static string Quoted(string text) =>
        $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal)}\"";
}
