using System.Globalization;
using System.Text.Json;

namespace FlowerPower.Pipelines.Tests.Examples;

/// <summary>The example's figures agree with <see cref="PlainWeather"/> to the last digit that it shows.</summary>
public sealed class WeatherReportTests(WeatherExample example) : IClassFixture<WeatherExample>
{
    private static readonly PlainWeather Plain = new(WeatherExample.CsvLines);

    [Fact]
    public async Task Monthly_normals_are_the_means_over_the_years()
    {
        var months = (await example.ReportAsync()).GetProperty("monthly_normals").EnumerateArray().ToList();

        Assert.Equal(12, months.Count);
        for (var month = 1; month <= 12; month++)
        {
            var (high, low, rain) = Plain.Month(month);
            Assert.Equal(new DateOnly(2000, month, 1).ToString("MMM", CultureInfo.InvariantCulture), months[month - 1].GetProperty("Month").GetString());
            AssertShown(high, months[month - 1].GetProperty("High"), 2);
            AssertShown(low, months[month - 1].GetProperty("Low"), 2);
            AssertShown(rain, months[month - 1].GetProperty("Rain"), 2);
        }
    }

    [Fact]
    public async Task The_warmest_year_is_ahead_of_the_next_by_the_difference_of_their_means()
    {
        var warmest = (await example.ReportAsync()).GetProperty("warmest_year");
        var ranked = Enumerable.Range(2012, 4).OrderByDescending(Plain.YearMean).ToList();

        Assert.Equal(ranked[0], warmest.GetProperty("Year").GetInt32());
        Assert.Equal(ranked[1], warmest.GetProperty("Next").GetInt32());
        AssertShown(Plain.YearMean(ranked[0]), warmest.GetProperty("Mean"), 2);
        AssertShown(Plain.YearMean(ranked[0]) - Plain.YearMean(ranked[1]), warmest.GetProperty("Ahead"), 3);
    }

    [Theory]
    [InlineData("day")]
    [InlineData("month")]
    public async Task The_trend_is_a_least_squares_fit_with_a_mean_for_each_place_in_the_year(string normals)
    {
        var trend = (await example.ReportAsync(new RunConfig().WithConfig("normals", normals))).GetProperty("trend");
        var (slope, error, halfWidth, lag1) = Plain.Trend(date => normals == "month" ? date.Month
            : date is { Month: 2, Day: 29 } ? new DateOnly(2011, 2, 28).DayOfYear
            : new DateOnly(2011, date.Month, date.Day).DayOfYear);

        AssertShown(slope, trend.GetProperty("Slope"), 3);
        AssertShown(error, trend.GetProperty("StandardError"), 3);
        AssertShown(slope - halfWidth, trend.GetProperty("Low95"), 3);
        AssertShown(slope + halfWidth, trend.GetProperty("High95"), 3);
        AssertShown(lag1, trend.GetProperty("Lag1"), 3);
        AssertShown(Plain.Count * (1 - lag1) / (1 + lag1), trend.GetProperty("IndependentDays"), 0);
    }

    [Theory]
    [InlineData(null, 10)]
    [InlineData(0.1, 1)]
    public async Task The_wet_spells_are_the_longest_runs_of_days_with_a_millimetre_or_what_the_call_says(double? wetDayMm, int atLeastTenths)
    {
        var call = wetDayMm is { } given ? new RunConfig().WithInput("wet_day_mm", given) : null;
        var spells = (await example.ReportAsync(call)).GetProperty("wet_spells").EnumerateArray().ToList();
        var expected = Plain.WetRuns(atLeastTenths).OrderByDescending(run => run.Days).ThenBy(run => run.From).Take(3).ToList();

        Assert.Equal(3, spells.Count);
        Assert.All(spells.Zip(expected), pair => AssertSpell(pair.Second, pair.First));
    }

    [Theory]
    [InlineData("wettest_three_days", 3)]
    [InlineData("wettest_week", 7)]
    public async Task The_wettest_days_in_a_row_are_the_first_with_the_greatest_total(string node, int days)
    {
        var wettest = (await example.ReportAsync(new RunConfig().WithFinalVars(node))).GetProperty(node);
        var (from, rain) = Plain.WettestWindow(days);

        AssertSpell((from, days, rain), wettest);
    }

    [Theory]
    [InlineData("wet_days", 10)]
    [InlineData("heavy_rain_days", 100)]
    [InlineData("very_heavy_rain_days", 200)]
    public async Task Rain_days_are_counted_a_year(string node, int atLeastTenths) =>
        AssertShown(Plain.DaysWithRain(atLeastTenths) / 4.0, (await example.ReportAsync()).GetProperty(node), 2);

    [Fact]
    public async Task Extremes_are_given_with_their_days()
    {
        var report = await example.ReportAsync(new RunConfig().WithFinalVars("hottest_day", "coldest_day", "wettest_day"));

        AssertExtreme(Plain.Dates[Array.IndexOf(Plain.Max, Plain.Max.Max())], Plain.Max.Max(), report.GetProperty("hottest_day"));
        AssertExtreme(Plain.Dates[Array.IndexOf(Plain.Min, Plain.Min.Min())], Plain.Min.Min(), report.GetProperty("coldest_day"));
        AssertExtreme(Plain.Dates[Array.IndexOf(Plain.Rain, Plain.Rain.Max())], Plain.Rain.Max() / 10.0, report.GetProperty("wettest_day"));
    }

    [Fact]
    public async Task The_records_are_the_extremes_and_the_wettest_days_in_a_row()
    {
        var records = (await example.ReportAsync()).GetProperty("records").EnumerateArray().ToList();

        Assert.Equal(
            ["hottest day", "coldest day", "wettest day", "wettest three days", "wettest week"], records.Select(record => record.GetProperty("What").GetString()));
        AssertShown(Plain.Min.Min(), records[1].GetProperty("Value"), 2);
        AssertShown(Plain.WettestWindow(7).Rain / 10.0, records[4].GetProperty("Value"), 2);
    }

    [Fact]
    public async Task Imperial_units_show_the_same_weather_in_fahrenheit_and_inches()
    {
        var report = await example.ReportAsync(new RunConfig().WithConfig("units", "imperial"));
        var (slope, _, _, _) = Plain.Trend(date => date.Month);
        var july = report.GetProperty("monthly_normals")[6];

        AssertShown(Plain.Month(7).High * 9 / 5 + 32, july.GetProperty("High"), 2);
        AssertShown(Plain.Month(7).RainMm / 25.4, july.GetProperty("Rain"), 2);
        AssertShown(slope * 9 / 5, (await example.ReportAsync(new RunConfig().WithConfig("units", "imperial").WithConfig("normals", "month")))
            .GetProperty("trend").GetProperty("Slope"), 3);
        Assert.Equal("°F per year", report.GetProperty("trend").GetProperty("Unit").GetString());
        Assert.Equal("in", report.GetProperty("records")[4].GetProperty("Unit").GetString());
    }

    [Fact]
    public async Task The_headline_answers_with_the_figures_of_the_report()
    {
        var report = await example.ReportAsync();

        Assert.Equal(
            """
            2015 was the warmest year with a mean of 13.13 °C, 0.303 above 2014.
            From 2012-01-01 to 2015-12-31 it got warmer by 0.623 °C per year (95 % interval 0.296 to 0.949).
            The wettest three days began on 2015-11-13 and brought 103.1 mm.
            """,
            report.GetProperty("headline").GetString());
    }

    [Fact]
    public async Task The_readme_shows_what_the_report_gives()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(WeatherExample.Folder, "README.md"));
        var shown = readme.Split("```text")[1].Split("```")[0];

        Assert.All(Leaves(await example.ReportAsync()), leaf => Assert.Contains(leaf, shown, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Leaves(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Leaves(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Leaves),
        _ => value.ToString().Split('\n'),
    };

    private static void AssertSpell((DateOnly From, int Days, int Rain) expected, JsonElement spell)
    {
        Assert.Equal(expected.From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), spell.GetProperty("From").GetString());
        Assert.Equal(expected.Days, spell.GetProperty("Days").GetInt32());
        AssertShown(expected.Rain / 10.0, spell.GetProperty("Rain"), 2);
        Assert.Equal("mm", spell.GetProperty("Unit").GetString());
    }

    private static void AssertExtreme(DateOnly date, double value, JsonElement extreme)
    {
        Assert.Equal(date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), extreme.GetProperty("Date").GetString());
        AssertShown(value, extreme.GetProperty("Value"), 2);
    }

    /// <summary>Half a unit of the last digit shown is all that rounding may take.</summary>
    private static void AssertShown(double exact, JsonElement shown, int digits) =>
        Assert.InRange(shown.GetDouble() - exact, -0.5 * Math.Pow(10, -digits) - 1e-9, 0.5 * Math.Pow(10, -digits) + 1e-9);
}
