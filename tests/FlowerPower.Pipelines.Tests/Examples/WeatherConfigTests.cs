using FlowerPower.Pipelines.Tests.Running;

namespace FlowerPower.Pipelines.Tests.Examples;

/// <summary>What the example does with other data and other wishes.</summary>
public sealed class WeatherConfigTests(WeatherExample example) : IClassFixture<WeatherExample>
{
    private readonly Heard observer = new();

    [Fact]
    public async Task The_example_runs_without_any_warning()
    {
        await example.ReportAsync(observer: observer);

        Assert.Empty(observer.Warnings);
        Assert.Empty(example.Project.Check());
        Assert.Equal(["weather_report"], example.Project.PipelineNames);
    }

    [Fact]
    public async Task Unknown_units_are_refused_with_those_that_there_are()
    {
        var error = await Assert.ThrowsAsync<GraphException>(() => example.ReportAsync(new RunConfig().WithConfig("units", "kelvin")));

        Assert.Contains("Scale__Metric (when units is one of \"metric\", null)", error.Message, StringComparison.Ordinal);
        Assert.Contains("Scale__Imperial (when units is \"imperial\")", error.Message, StringComparison.Ordinal);
        Assert.Contains("given: units is \"kelvin\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_impossible_temperature_fails_the_run_and_names_the_node_and_the_day()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportOnAsync(Changed(3, "2012-01-03,0.8,150.0,7.2,2.3,rain"), observer));

        Assert.Equal("temperatures", error.Node);
        Assert.IsType<OutputCheckException>(error.InnerException);
        Assert.Contains("element 3 is 78.6, more than 60", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_odd_temperature_is_a_warning_and_the_report_is_made()
    {
        var report = await example.ReportOnAsync(Changed(3, "2012-01-03,0.8,41.0,30.0,2.3,rain"), observer);

        Assert.Equal(41, report.GetProperty("records")[0].GetProperty("Value").GetDouble());
        Assert.Contains("element 3 is 35.5, more than 32", Assert.Single(observer.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_day_fails_the_run_and_is_named()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportOnAsync(WeatherExample.CsvLines.Where((_, i) => i != 60)));

        Assert.Equal("observations", error.Node);
        Assert.Contains("2012-02-28 is followed by 2012-03-01; give every day once, in order.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_rows_are_told_with_their_lines_and_what_was_expected()
    {
        string[] lines =
        [
            "date,precipitation,temp_max,temp_min,wind,weather",
            "2012-01-01,0.0,12.8,5.0,4.7,drizzle",
            "2012-01-02,ten,10.6,2.8,4.5,rain",
            "",
            "03/01/2012,0.8,11.7,7.2,2.3,rain",
            "2012-01-04,20.3,NaN,5.6,4.7,rain",
            "2012-01-05,1.3",
            "2012-01-06,2.5,2.2,4.4,2.2,rain",
            "2012-01-07,-1,7.2,2.8,2.3,rain",
            "2012-01-08,0,7.2,,2.3,rain",
        ];

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportOnAsync(lines, null, "observations"));

        Assert.Contains(
            "has 7 bad row(s): line 3: precipitation is 'ten', not a number of mm from 0; line 5: date is '03/01/2012', not a day such as 2012-01-31; "
            + "line 6: temp_max is 'NaN', not a number; line 7: 2 cells, at least 4 expected; line 8: temp_min 4.4 is above temp_max 2.2; …. Mend or remove them.",
            error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "has no rows; give at least one day.", "date,precipitation,temp_max,temp_min")]
    [InlineData("", "line 1: no column temp_min; the first line must name date, precipitation, temp_max, temp_min.", "date,precipitation,temp_max")]
    public async Task A_file_without_rows_or_columns_says_so(string row, string expected, string header)
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportOnAsync([header, row], null, "observations"));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_may_stand_in_any_order()
    {
        var report = await example.ReportOnAsync(["temp_min,date,note,temp_max,precipitation", "1,2020-01-01,new year,3,0.2"], null, "coldest_day");

        Assert.Equal(1, report.GetProperty("coldest_day").GetProperty("Value").GetDouble());
    }

    [Fact]
    public async Task A_year_is_too_little_for_a_trend()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportOnAsync(WeatherExample.CsvLines.Take(1 + 366), null, "trend"));

        Assert.Equal("Node 'trend' failed: 366 days are too few for a trend; give at least two years.", error.Message);
    }

    [Fact]
    public async Task A_single_complete_year_is_the_warmest_without_a_next_one()
    {
        var report = await example.ReportOnAsync(WeatherExample.CsvLines.Take(1 + 366 + 100), null, "warmest_year");

        Assert.Equal(2012, report.GetProperty("warmest_year").GetProperty("Year").GetInt32());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, report.GetProperty("warmest_year").GetProperty("Next").ValueKind);
    }

    [Fact]
    public async Task A_missing_file_is_named_with_the_input_that_gives_it()
    {
        var call = new RunConfig().WithInput("csv_path", "data/nowhere.csv").WithRetry(maxRetries: 0);

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => example.ReportAsync(call));

        Assert.Contains("nowhere.csv'; give the input csv_path, seen from the project's folder.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_node_has_a_description_or_is_a_field()
    {
        var nodes = example.Project.GraphOf("weather_report").Nodes;

        Assert.InRange(nodes.Count, 12, 30);
        Assert.All(nodes, node => Assert.False(string.IsNullOrWhiteSpace(node.Description), node.Name));
    }

    private static IEnumerable<string> Changed(int line, string text) => WeatherExample.CsvLines.Select((old, i) => i == line ? text : old);
}
