namespace FlowerPower.Pipelines.Tests.Projects;

public sealed class FlowerPowerProjectTests : IDisposable
{
    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_folder_without_conf_is_refused_with_the_remedy()
    {
        var folder = Directory.CreateDirectory(Path.Combine(fixture.Root, "empty")).FullName;

        var error = Assert.Throws<ProjectException>(() => FlowerPowerProject.Load(folder, fixture.Options()));

        Assert.Equal(
            $"'{folder}' is no FlowerPower project: it has no folder 'conf'. Run `flowerpower init` there, or give the project's folder.",
            error.Message);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_refused_with_the_remedy()
    {
        var folder = Path.Combine(fixture.Root, "nowhere");

        var error = Assert.Throws<ProjectException>(() => FlowerPowerProject.Load(folder, fixture.Options()));
        var empty = Assert.Throws<ProjectException>(() => FlowerPowerProject.Load(" "));

        Assert.Equal($"There is no folder '{folder}'. Give the folder of a FlowerPower project, or make one with `flowerpower init`.", error.Message);
        Assert.Equal("The project's folder is empty text; give a path, '.' for the current folder.", empty.Message);
    }

    [Fact]
    public void Without_a_project_file_the_folder_gives_the_name()
    {
        var project = FlowerPowerProject.Load(fixture.Root + Path.DirectorySeparatorChar, fixture.Options());

        Assert.Equal((Path.GetFileName(fixture.Root), fixture.Root), (project.Name, project.Root));
        Assert.Equal(Path.Combine(fixture.Root, ".flowerpower"), project.StateFolder);
        Assert.Empty(project.PipelineNames);
        Assert.Empty(project.Check());
    }

    [Fact]
    public void Yml_wins_over_yaml()
    {
        fixture.Write("conf/project.yaml", "name: second");
        Assert.Equal("second", fixture.Load().Name);

        fixture.Write("conf/project.yml", "name: first");
        Assert.Equal("first", fixture.Load().Name);

        fixture.Write("conf/pipelines/p.yaml", "run: {queue: second}").Write("conf/pipelines/p.yml", "run: {queue: first}");
        Assert.Equal("first", fixture.Load().LoadPipelineConfig("p").Run.Queue);
        Assert.Equal(
            "conf/pipelines/p.yaml: is not read: conf/pipelines/p.yml is the same pipeline; delete or rename one.",
            Assert.Single(fixture.Load().Check()).ToString());
    }

    [Fact]
    public void Broken_yaml_is_reported_with_its_file_relative_to_the_project()
    {
        fixture.Write("conf/pipelines/etl/load.yml", "run:\n\tx: 1\n");

        var error = Assert.Throws<ConfigException>(() => fixture.Load().LoadPipelineConfig("etl.load"));

        Assert.Equal("conf/pipelines/etl/load.yml:2:1: broken YAML: a line is indented with a tab; use spaces.", error.Message);
    }

    [Fact]
    public void Pipelines_are_found_by_their_yaml_and_by_their_code()
    {
        fixture.Write("conf/pipelines/b.yml", "").Write("conf/pipelines/etl/daily-load.yaml", "")
            .Write("pipelines/a.cs", "").Write("pipelines/b.py", "").Write("pipelines/etl/daily_load.cs", "").Write("pipelines/etl/deep/x.py", "")
            .Write("pipelines/__init__.py", "").Write("pipelines/_helper.cs", "").Write("pipelines/notes.txt", "").Write("pipelines/bin/y.cs", "")
            .Write("pipelines/obj/z.cs", "").Write("pipelines/.hidden/h.cs", "").Write("pipelines/not a name.cs", "");

        Assert.Equal(["a", "b", "etl.daily-load", "etl.deep.x"], fixture.Load().PipelineNames);
    }

    [Fact]
    public void A_file_that_is_dropped_in_counts_at_once()
    {
        var project = fixture.Load();
        fixture.Write("pipelines/late.cs", "");

        Assert.Equal(["late"], project.PipelineNames);
        Assert.Equal("late", project.LoadPipelineConfig("late").Name);
    }

    [Fact]
    public void A_linked_file_is_a_file()
    {
        fixture.Write("elsewhere/p.yml", "run: {queue: linked}").Write("conf/pipelines/q.yml", "");
        File.CreateSymbolicLink(Path.Combine(fixture.Root, "conf/pipelines/p.yml"), Path.Combine(fixture.Root, "elsewhere/p.yml"));

        Assert.Equal(["p", "q"], fixture.Load().PipelineNames);
        Assert.Equal("linked", fixture.Load().LoadPipelineConfig("p").Run.Queue);
    }

    [Fact]
    public void Folders_that_link_to_themselves_do_not_hang_the_search()
    {
        fixture.Write("pipelines/a.cs", "");
        Directory.CreateSymbolicLink(Path.Combine(fixture.Root, "pipelines/loop"), Path.Combine(fixture.Root, "pipelines"));

        Assert.Contains("a", fixture.Load().PipelineNames);
    }

    [Theory]
    [InlineData("daily-load")]
    [InlineData("daily_load")]
    public void A_hyphen_and_an_underscore_name_the_same_pipeline(string name)
    {
        fixture.Write("conf/pipelines/daily-load.yml", "run: {queue: q}").Write("pipelines/daily_load.cs", "");
        var project = fixture.Load();

        Assert.Equal(Path.Combine(fixture.Root, "pipelines", "daily_load.cs"), project.PipelineFile(name));
        Assert.Equal((name, "q"), (project.LoadPipelineConfig(name).Name, project.LoadPipelineConfig(name).Run.Queue));
    }

    [Fact]
    public void A_missing_yaml_means_defaults_and_environment()
    {
        fixture.Write("pipelines/bare.py", "").Set("FP_PIPELINE__RUN__QUEUE", "env");

        var config = fixture.Load().LoadPipelineConfig("bare");

        Assert.Equal(("bare", "env", "INFO"), (config.Name, config.Run.Queue, config.Run.LogLevel));
        Assert.Empty(config.Params);
    }

    [Fact]
    public void A_yaml_alone_is_a_pipeline_without_code()
    {
        fixture.Write("conf/pipelines/p.yml", "name: other");

        Assert.Null(fixture.Load().PipelineFile("p"));
        Assert.Null(fixture.Load().PipelineFile("unknown"));
        Assert.Equal("p", fixture.Load().LoadPipelineConfig("p").Name);
    }

    [Fact]
    public void Csharp_wins_over_python_and_the_check_says_so()
    {
        fixture.Write("pipelines/p.cs", "").Write("pipelines/p.py", "");

        Assert.EndsWith("p.cs", fixture.Load().PipelineFile("p"), StringComparison.Ordinal);
        var warning = Assert.Single(fixture.Load().Check());
        Assert.Equal(ConfigWarningKind.AmbiguousFile, warning.Kind);
        Assert.Equal("pipelines/p.py: is not read: pipelines/p.cs is the same pipeline; delete or rename one.", warning.ToString());
    }

    [Fact]
    public void An_unknown_pipeline_is_refused_with_the_nearest_names()
    {
        fixture.Write("pipelines/sales_daily.cs", "").Write("pipelines/orders.cs", "");

        var near = Assert.Throws<PipelineNotFoundException>(() => fixture.Load().LoadPipelineConfig("sales_dialy"));
        var far = Assert.Throws<PipelineNotFoundException>(() => fixture.Load().LoadPipelineConfig("zebra"));

        Assert.Equal($"There is no pipeline 'sales_dialy' in '{fixture.Root}'. Did you mean sales_daily?", near.Message);
        Assert.Equal(("sales_dialy", "sales_daily"), (near.PipelineName, Assert.Single(near.Nearest)));
        Assert.Equal($"There is no pipeline 'zebra' in '{fixture.Root}'. It has: orders, sales_daily.", far.Message);
        Assert.Empty(far.Nearest);
    }

    [Fact]
    public void An_unknown_pipeline_of_an_empty_project_is_told_how_to_make_one()
    {
        var error = Assert.Throws<PipelineNotFoundException>(() => fixture.Load().LoadPipelineConfig("first"));

        Assert.EndsWith("The project has none yet: run `flowerpower pipeline new first`.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("../../etc/passwd")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    public void A_name_that_no_pipeline_can_have_is_refused_everywhere(string name)
    {
        var project = fixture.Load();

        foreach (var act in new Action[] { () => project.LoadPipelineConfig(name), () => project.PipelineFile(name), () => project.CreatePipeline(name) })
        {
            Assert.StartsWith($"'{name}' cannot be a pipeline's name;", Assert.Throws<ProjectException>(act).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_edited_file_counts_at_once_and_an_unchanged_one_is_not_parsed_again()
    {
        var project = fixture.Write("conf/pipelines/p.yml", "run: {queue: a}").Load();
        var first = project.LoadPipelineConfig("p");

        Assert.Same(first, project.LoadPipelineConfig("p"));
        fixture.Write("conf/pipelines/p.yml", "run: {queue: b}");

        Assert.Equal("b", project.LoadPipelineConfig("p").Run.Queue);
    }

    [Fact]
    public void The_environment_moves_the_folders()
    {
        fixture.Write("settings/project.yml", "name: moved").Write("settings/pipelines/p.yml", "run: {queue: q}").Write("flows/p.cs", "")
            .Set("FP_CONFIG_DIR", "settings").Set("FP_PIPELINES_DIR", "flows").Set("FP_HOOKS_DIR", "catches")
            .Set("FP_CACHE_DIR", Path.Combine(fixture.Root, "cache"));

        var project = fixture.Load();

        Assert.Equal("moved", project.Name);
        Assert.Equal("q", project.LoadPipelineConfig("p").Run.Queue);
        Assert.Equal(Path.Combine(fixture.Root, "flows", "p.cs"), project.PipelineFile("p"));
        Assert.Equal((Path.Combine(fixture.Root, "settings"), Path.Combine(fixture.Root, "flows")), (project.ConfigFolder, project.PipelinesFolder));
        Assert.Equal((Path.Combine(fixture.Root, "catches"), Path.Combine(fixture.Root, "cache")), (project.HooksFolder, project.CacheFolder));
    }

    [Fact]
    public void Folders_that_nobody_moves_have_their_usual_names()
    {
        var project = fixture.Load();

        Assert.Equal(Path.Combine(fixture.Root, "hooks"), project.HooksFolder);
        Assert.Equal(Path.Combine(fixture.Root, ".flowerpower", "cache"), project.CacheFolder);
    }

    [Fact]
    public void A_file_that_is_data_and_not_configuration_is_refused()
    {
        fixture.Write("conf/pipelines/p.yml", "# " + new string('x', 1 << 20));

        Assert.Equal(
            "conf/pipelines/p.yml is larger than 1 MiB; move data out of the configuration.",
            Assert.Throws<ProjectException>(() => fixture.Load().LoadPipelineConfig("p")).Message);
    }

    [Fact]
    public void The_check_reads_every_pipeline()
    {
        fixture.Write("conf/project.yml", "nam: x").Write("conf/pipelines/a.yml", "runn: 1").Write("conf/pipelines/b.yml", "run: {max_retries: 1}");

        Assert.Equal(
            [
                "conf/project.yml:1: unknown key nam; did you mean name?",
                "conf/pipelines/a.yml:1: unknown key runn; did you mean run?",
                "conf/pipelines/b.yml:1: run.max_retries is deprecated; write run.retry.max_retries.",
            ],
            fixture.Load().Check().Select(warning => warning.ToString()));
    }

    [Fact]
    public void Without_options_the_process_s_environment_counts()
    {
        const string variable = "PIPELINES_TESTS_USER";
        Environment.SetEnvironmentVariable(variable, "ada");
        fixture.Write("conf/project.yml", $"job_queue: {{backend: {{username: ${variable}}}}}");

        Assert.Equal("ada", FlowerPowerProject.Load(fixture.Root).Config.JobQueue.Backend.Username);
        Assert.Equal("", fixture.Load().Config.JobQueue.Backend.Username);
    }
}
