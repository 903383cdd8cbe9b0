using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlowerPower.Pipelines.Tests.Projects;

public sealed class CreateTests : IDisposable
{
    private readonly ProjectFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    private string Fresh => Path.Combine(fixture.Root, "fresh");

    [Fact]
    public void A_new_project_loads_strictly_and_has_what_a_project_has()
    {
        var project = FlowerPowerProject.Create(Fresh, options: fixture.Options(strict: true));

        Assert.Equal(("fresh", Fresh), (project.Name, project.Root));
        Assert.Empty(project.Warnings);
        Assert.Empty(project.PipelineNames);
        Assert.All(["conf/pipelines", "pipelines", "hooks"], folder => Assert.True(Directory.Exists(Path.Combine(Fresh, folder))));
        Assert.All(["conf/project.yml", "README.md"], file => Assert.True(File.Exists(Path.Combine(Fresh, file))));
        Assert.Equal(".flowerpower/\n", fixture.Read("fresh/.gitignore"));
    }

    [Theory]
    [InlineData("Sales \"2024\"")]
    [InlineData("cost$HOME")]
    [InlineData("yes")]
    public void A_project_has_the_name_that_it_was_given(string name)
    {
        Assert.Equal(name, FlowerPowerProject.Create(Fresh, name, fixture.Options()).Name);
    }

    [Fact]
    public void What_a_folder_already_has_stays_as_it_is()
    {
        fixture.Write("fresh/README.md", "mine").Write("fresh/.gitignore", "bin/");

        FlowerPowerProject.Create(Fresh, options: fixture.Options());

        Assert.Equal("mine", fixture.Read("fresh/README.md"));
        Assert.Equal("bin/\n.flowerpower/\n", fixture.Read("fresh/.gitignore"));
    }

    [Fact]
    public void A_gitignore_that_names_the_state_folder_stays_as_it_is()
    {
        fixture.Write("fresh/.gitignore", "/.flowerpower\n");

        FlowerPowerProject.Create(Fresh, options: fixture.Options());

        Assert.Equal("/.flowerpower\n", fixture.Read("fresh/.gitignore"));
    }

    [Fact]
    public void A_project_is_not_made_twice()
    {
        FlowerPowerProject.Create(Fresh, "first", fixture.Options());

        var error = Assert.Throws<ProjectException>(() => FlowerPowerProject.Create(Fresh, "second", fixture.Options()));

        Assert.Equal($"'{Fresh}' is a FlowerPower project already: it has conf/project.yml.", error.Message);
        Assert.Equal("first", FlowerPowerProject.Load(Fresh, fixture.Options()).Name);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\nb")]
    public void A_name_that_cannot_be_a_folder_s_is_refused_and_nothing_is_written(string name)
    {
        var error = Assert.Throws<ProjectException>(() => FlowerPowerProject.Create(Fresh, name, fixture.Options()));

        Assert.Equal($"'{name}' cannot be a project's name; use one without '/', '\\' and '..'.", error.Message);
        Assert.False(Directory.Exists(Fresh));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        fixture.Write("file", "");
        var path = Path.Combine(fixture.Root, "file");

        var error = Assert.Throws<ProjectException>(() => FlowerPowerProject.Create(path, options: fixture.Options()));

        Assert.StartsWith($"'{path}' cannot be written: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello", "pipelines/hello.cs", "conf/pipelines/hello.yml", "Hello")]
    [InlineData("etl.sales-report", "pipelines/etl/sales_report.cs", "conf/pipelines/etl/sales-report.yml", "SalesReport")]
    [InlineData("2024_q1", "pipelines/2024_q1.cs", "conf/pipelines/2024_q1.yml", "Pipeline2024Q1")]
    [InlineData("greeting", "pipelines/greeting.cs", "conf/pipelines/greeting.yml", "GreetingPipeline")]
    [InlineData("class", "pipelines/class.cs", "conf/pipelines/class.yml", "Class")]
    public void A_new_pipeline_compiles_and_its_yaml_fits_its_code(string name, string code, string yaml, string type)
    {
        var project = fixture.Load(strict: true);

        project.CreatePipeline(name);

        Assert.Equal([name], project.PipelineNames);
        Assert.Equal(Path.Combine(fixture.Root, code), project.PipelineFile(name));
        Assert.True(File.Exists(Path.Combine(fixture.Root, yaml)));
        var run = project.LoadPipelineConfig(name).Run;
        var pipeline = Compiled(fixture.Read(code)).GetType(type)!;
        var greeting = pipeline.GetMethod("Greeting")!.Invoke(null, [run.Inputs["name"]]);
        Assert.Equal("Hello, World!", greeting);
        Assert.Equal(13, pipeline.GetMethod("GreetingLength")!.Invoke(null, [greeting]));
        Assert.Equal(["greeting", "greeting_length"], run.FinalVars);
    }

    [Fact]
    public void A_pipeline_is_overwritten_only_on_request()
    {
        fixture.Write("conf/pipelines/p.yaml", "run: {queue: mine}").Write("pipelines/p.cs", "mine");
        var project = fixture.Load();

        var error = Assert.Throws<ProjectException>(() => project.CreatePipeline("p"));
        Assert.Equal("Pipeline 'p' exists: pipelines/p.cs. Take another name, or overwrite it with --overwrite.", error.Message);
        Assert.Equal("mine", fixture.Read("pipelines/p.cs"));

        project.CreatePipeline("p", overwrite: true);
        Assert.Contains("static class P", fixture.Read("pipelines/p.cs"), StringComparison.Ordinal);
        Assert.Equal(["greeting", "greeting_length"], project.LoadPipelineConfig("p").Run.FinalVars);
        Assert.False(File.Exists(Path.Combine(fixture.Root, "conf/pipelines/p.yml")));
    }

    [Fact]
    public void A_python_pipeline_is_not_overwritten_even_on_request()
    {
        fixture.Write("pipelines/p.py", "mine");

        var error = Assert.Throws<ProjectException>(() => fixture.Load().CreatePipeline("p", overwrite: true));

        Assert.Equal("Pipeline 'p' exists in Python: pipelines/p.py. Delete that file, or take another name.", error.Message);
    }

    [Fact]
    public void The_hello_example_is_a_project_that_compiles()
    {
        var folder = RepositoryFiles.Path("docs/examples/hello");
        var project = FlowerPowerProject.Load(folder, fixture.Set("GREET", "Ada").Options(strict: true));

        var run = project.ResolveRunConfig("hello");

        Assert.Equal(("hello", "Ada"), (project.Name, run.Inputs["name"]));
        Assert.Empty(project.Check());
        var hello = Compiled(File.ReadAllText(project.PipelineFile("hello")!)).GetType("Hello")!;
        Assert.Equal("Hello, Ada!", hello.GetMethod("Greeting")!.Invoke(null, ["Ada"]));
        Assert.Equal(["greeting", "greeting_length"], run.FinalVars);
    }

    private static Assembly Compiled(string code)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => Path.GetFileName(file) is "System.Runtime.dll" or "System.Private.CoreLib.dll")
            .Select(file => MetadataReference.CreateFromFile(file));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        using var output = new MemoryStream();
        var result = CSharpCompilation.Create(Guid.NewGuid().ToString("N"), [CSharpSyntaxTree.ParseText(code)], references, options).Emit(output);
        Assert.Empty(result.Diagnostics);
        return Assembly.Load(output.ToArray());
    }

    [Fact]
    public void A_folder_that_this_user_may_not_write_to_is_explained_without_a_second_path()
    {
        var reason = FlowerPowerProject.WhyNotWritten(new UnauthorizedAccessException("Access to the path '/srv/shop/conf' is denied."));
        var full = FlowerPowerProject.WhyNotWritten(new IOException("No space left on device : '/srv/shop/conf/x'"));

        Assert.Equal("this user may not write there; give it the right, or copy the project to a folder of its own.", reason);
        Assert.Equal("No space left on device; mend that, or use another folder.", full);
    }
}
