using System.Globalization;

/// <summary>Four years of weather at Seattle: what is normal, what was extreme, and did it get warmer? Everything is computed in °C and mm.</summary>
public static class WeatherReport
{
    private const int MostSpells = 3;

    /// <summary>The days of the CSV file, in its order.</summary>
    [CheckOutputWith(typeof(UnbrokenDays), Importance = Importance.Fail)]
    public static async Task<IReadOnlyList<Day>> Observations(string projectRoot, string csvPath, CancellationToken cancellationToken)
    {
        var path = Path.Combine(projectRoot, csvPath);
        return File.Exists(path)
            ? WeatherCsv.Parse(csvPath, await File.ReadAllLinesAsync(path, cancellationToken))
            : throw new FileNotFoundException($"There is no file '{path}'; give the input csv_path, seen from the project's folder.");
    }

    /// <summary>Each day's mean temperature: the middle between its highest and lowest. Too odd for Seattle is worth a look; impossible is an error.</summary>
    [CheckOutput(Min = -10, Max = 32)]
    [CheckOutput(Min = -60, Max = 60, AllowNaN = false, Importance = Importance.Fail)]
    public static IReadOnlyList<double> Temperatures(IReadOnlyList<Day> observations) =>
        [.. observations.Select(day => (day.TempMax + day.TempMin) / 2)];

    /// <summary>Results in °C and mm.</summary>
    [WhenIn("units", "metric", null)]
    public static Scale Scale__Metric() => new("°C", 1, 0, "mm", 1);

    /// <summary>Results in °F and inches.</summary>
    [When("units", "imperial")]
    public static Scale Scale__Imperial() => new("°F", 1.8, 32, "in", 1 / 25.4);

    /// <summary>For each month of the year: mean daily high and low, and rain in such a month, over the years.</summary>
    public static IReadOnlyList<MonthNormal> MonthlyNormals(IReadOnlyList<Day> observations, Scale scale) =>
        [.. from day in observations
            group day by day.Date.Month into month
            orderby month.Key
            select new MonthNormal(
                CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedMonthName(month.Key),
                scale.Temperature(month.Average(day => day.TempMax)),
                scale.Temperature(month.Average(day => day.TempMin)),
                scale.Rain(month.Sum(day => day.Rain) / month.Select(day => day.Date.Year).Distinct().Count()))];

    /// <summary>The mean temperature of each calendar year that is complete, in °C.</summary>
    public static IReadOnlyDictionary<int, double> YearlyMeans(IReadOnlyList<Day> observations, IReadOnlyList<double> temperatures) =>
        observations.Zip(temperatures)
            .GroupBy(pair => pair.First.Date.Year, pair => pair.Second)
            .Where(year => year.Count() == (DateTime.IsLeapYear(year.Key) ? 366 : 365))
            .ToDictionary(year => year.Key, year => year.Average());

    /// <summary>The warmest complete year, and how far it was ahead of the next.</summary>
    public static WarmYear WarmestYear(IReadOnlyDictionary<int, double> yearlyMeans, Scale scale)
    {
        var ranked = yearlyMeans.OrderByDescending(year => year.Value).ToList();
        return ranked switch
        {
            [] => throw new InvalidDataException("The observations hold no complete calendar year; give at least one from 1 January to 31 December."),
            [var only] => new WarmYear(only.Key, scale.Temperature(only.Value), scale.Degree, null, null),
            [var first, var second, ..] => new WarmYear(first.Key, scale.Temperature(first.Value), scale.Degree, second.Key, scale.Difference(first.Value - second.Value)),
        };
    }

    /// <summary>Each day's place in the year, by calendar day: 29 February shares the 28th, for it comes too seldom to have a normal of its own.</summary>
    [WhenIn("normals", "day", null)]
    public static IReadOnlyList<int> Season__Day(IReadOnlyList<Day> observations) =>
        [.. observations.Select(day => 100 * day.Date.Month + (day.Date is { Month: 2, Day: 29 } ? 28 : day.Date.Day))];

    /// <summary>Each day's place in the year, by month.</summary>
    [When("normals", "month")]
    public static IReadOnlyList<int> Season__Month(IReadOnlyList<Day> observations) => [.. observations.Select(day => day.Date.Month)];

    /// <summary>How much warmer or colder each day was than is normal for its place in the year, in °C.</summary>
    public static IReadOnlyList<double> Anomalies(IReadOnlyList<double> temperatures, IReadOnlyList<int> season) =>
        LinearTrend.WithoutSeason(temperatures, season);

    /// <summary>By how much it got warmer from year to year, and how well these years tell.</summary>
    public static Trend Trend(IReadOnlyList<double> anomalies, IReadOnlyList<int> season, Scale scale)
    {
        var fit = LinearTrend.Fit(anomalies, season);
        return new Trend(
            scale.Difference(fit.PerYear),
            scale.Difference(fit.StandardError),
            scale.Difference(fit.PerYear - fit.HalfWidth),
            scale.Difference(fit.PerYear + fit.HalfWidth),
            $"{scale.Degree} per year",
            Math.Round(fit.Lag1, 3),
            (int)Math.Round(fit.EffectiveDays));
    }

    /// <summary>The longest runs of wet days, longest first; of runs of one length the earliest first.</summary>
    public static IReadOnlyList<Spell> WetSpells(IReadOnlyList<Day> observations, double wetDayMm, Scale scale)
    {
        var runs = new List<List<Day>> { new() };
        foreach (var day in observations)
        {
            if (day.Rain >= (decimal)wetDayMm)
            {
                runs[^1].Add(day);
            }
            else if (runs[^1].Count > 0)
            {
                runs.Add([]);
            }
        }

        return [.. runs.Where(run => run.Count > 0).OrderByDescending(run => run.Count).Take(MostSpells).Select(run => scale.Spell(run))];
    }

    /// <summary>The days in a row that brought the most rain together; of equals the first.</summary>
    [Parameterize("wettest_three_days", "days=3")]
    [Parameterize("wettest_week", "days=7")]
    public static Spell WettestDays(IReadOnlyList<Day> observations, int days, Scale scale)
    {
        if (observations.Count < days)
        {
            throw new InvalidDataException($"The wettest {days} days cannot be found among {observations.Count}; give more observations.");
        }

        var windows = Enumerable.Range(0, observations.Count - days + 1).Select(first => observations.Skip(first).Take(days));
        return scale.Spell([.. windows.MaxBy(window => window.Sum(day => day.Rain))!]);
    }

    /// <summary>On how many days a year it rains at least so much.</summary>
    [ParameterizeFrom("rain_days")]
    public static double RainDays(IReadOnlyList<Day> observations, double atLeastMm) =>
        Math.Round(365.25 * observations.Count(day => day.Rain >= (decimal)atLeastMm) / observations.Count, 2);

    /// <summary>The days with the highest and the lowest temperature and with the most rain; of equals the first.</summary>
    [ExtractFields("hottest_day", "coldest_day", "wettest_day")]
    public static (Extreme HottestDay, Extreme ColdestDay, Extreme WettestDay) Extremes(IReadOnlyList<Day> observations, Scale scale)
    {
        var (hottest, coldest, wettest) = (observations.MaxBy(day => day.TempMax)!, observations.MinBy(day => day.TempMin)!, observations.MaxBy(day => day.Rain)!);
        return (
            new Extreme(hottest.Date, scale.Temperature(hottest.TempMax), scale.Degree),
            new Extreme(coldest.Date, scale.Temperature(coldest.TempMin), scale.Degree),
            new Extreme(wettest.Date, scale.Rain(wettest.Rain), scale.Length));
    }

    /// <summary>What was most extreme, in one table.</summary>
    public static IReadOnlyList<Record> Records(
        Extreme hottestDay, Extreme coldestDay, Extreme wettestDay, Spell wettestThreeDays, Spell wettestWeek) =>
    [
        new("hottest day", hottestDay.Date, hottestDay.Value, hottestDay.Unit),
        new("coldest day", coldestDay.Date, coldestDay.Value, coldestDay.Unit),
        new("wettest day", wettestDay.Date, wettestDay.Value, wettestDay.Unit),
        new("wettest three days", wettestThreeDays.From, wettestThreeDays.Rain, wettestThreeDays.Unit),
        new("wettest week", wettestWeek.From, wettestWeek.Rain, wettestWeek.Unit),
    ];

    /// <summary>The answer in three sentences, one a line.</summary>
    public static string Headline(IReadOnlyList<Day> observations, WarmYear warmestYear, Trend trend, Spell wettestThreeDays)
    {
        var ahead = warmestYear.Next is null ? "" : Text($", {warmestYear.Ahead} above {warmestYear.Next}");
        var change = (trend.Low95, trend.High95) switch
        {
            ( > 0, _) => Text($"it got warmer by {trend.Slope} {trend.Unit} (95 % interval {trend.Low95} to {trend.High95})"),
            (_, < 0) => Text($"it got colder by {-trend.Slope} {trend.Unit} (95 % interval {-trend.High95} to {-trend.Low95})"),
            _ => Text($"a trend cannot be told from chance (95 % interval {trend.Low95} to {trend.High95} {trend.Unit})"),
        };
        return string.Join('\n',
            Text($"{warmestYear.Year} was the warmest year with a mean of {warmestYear.Mean} {warmestYear.Unit}{ahead}."),
            Text($"From {observations[0].Date:yyyy-MM-dd} to {observations[^1].Date:yyyy-MM-dd} {change}."),
            Text($"The wettest three days began on {wettestThreeDays.From:yyyy-MM-dd} and brought {wettestThreeDays.Rain} {wettestThreeDays.Unit}."));
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>One day as measured, in °C and mm. Rain is a decimal, so that its sums are exact and equal totals are equal.</summary>
public sealed record Day(DateOnly Date, decimal Rain, double TempMax, double TempMin);

/// <summary>A month over the years: the means of its daily highs and lows, and the mean of its total rain.</summary>
public sealed record MonthNormal(string Month, double High, double Low, double Rain);

/// <summary>The warmest year; the next one and the distance to it are null if there is only one.</summary>
public sealed record WarmYear(int Year, double Mean, string Unit, int? Next, double? Ahead);

/// <summary>A slope with its standard error and 95 % interval; the autocorrelation that widens it, and the number of independent days that remain.</summary>
public sealed record Trend(double Slope, double StandardError, double Low95, double High95, string Unit, double Lag1, int IndependentDays);

/// <summary>Some days in a row and their rain.</summary>
public sealed record Spell(DateOnly From, int Days, double Rain, string Unit);

/// <summary>The day of an extreme value.</summary>
public sealed record Extreme(DateOnly Date, double Value, string Unit);

/// <summary>One line of the table of records.</summary>
public sealed record Record(string What, DateOnly From, double Value, string Unit);

/// <summary>How results are shown: rounded, for everything before is computed with full precision.</summary>
public sealed record Scale(string Degree, double DegreeScale, double DegreeZero, string Length, double LengthScale)
{
    /// <summary>A temperature.</summary>
    public double Temperature(double celsius) => Math.Round(celsius * DegreeScale + DegreeZero, 2);

    /// <summary>A difference of temperatures, or a slope.</summary>
    public double Difference(double celsius) => Math.Round(celsius * DegreeScale, 3);

    /// <summary>Rain.</summary>
    public double Rain(decimal mm) => Math.Round((double)mm * LengthScale, 2);

    /// <summary>Days in a row with their rain.</summary>
    public Spell Spell(IReadOnlyList<Day> run) => new(run[0].Date, run.Count, Rain(run.Sum(day => day.Rain)), Length);
}

/// <summary>Spells and autocorrelation mean nothing if days are missing, twice there or out of order.</summary>
public sealed class UnbrokenDays : IOutputCheck
{
    /// <inheritdoc/>
    public string? FindProblem(object? value)
    {
        var days = (IReadOnlyList<Day>)value!;
        return days.Zip(days.Skip(1)).FirstOrDefault(pair => pair.Second.Date != pair.First.Date.AddDays(1)) is { First: { } before, Second: { } after }
            ? FormattableString.Invariant($"{before.Date:yyyy-MM-dd} is followed by {after.Date:yyyy-MM-dd}; give every day once, in order.")
            : null;
    }
}

internal static class WeatherCsv
{
    private const int ShownErrors = 5;
    private static readonly string[] Columns = ["date", "precipitation", "temp_max", "temp_min"];

    /// <summary>Reads the lines of a file; columns may stand in any order, and others beside them.</summary>
    public static IReadOnlyList<Day> Parse(string name, string[] lines)
    {
        var header = lines.Length == 0 ? [] : lines[0].Split(',').Select(cell => cell.Trim()).ToList();
        if (Columns.Where(column => !header.Contains(column)).ToList() is { Count: > 0 } missing)
        {
            throw new InvalidDataException($"{name} line 1: no column {string.Join(", ", missing)}; the first line must name {string.Join(", ", Columns)}.");
        }

        var at = Columns.Select(column => header.IndexOf(column)).ToArray();
        var (days, errors) = (new List<Day>(), new List<string>());
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length > 0 && Row(lines[i].Split(','), at, days) is { } error)
            {
                errors.Add($"line {i + 1}: {error}");
            }
        }

        return errors.Count == 0 && days.Count > 0 ? days : throw new InvalidDataException(errors.Count == 0
            ? $"{name} has no rows; give at least one day."
            : $"{name} has {errors.Count} bad row(s): {string.Join("; ", errors.Take(ShownErrors))}{(errors.Count > ShownErrors ? "; …" : "")}. Mend or remove them.");
    }

    private static string? Row(string[] cells, int[] at, List<Day> days)
    {
        var culture = CultureInfo.InvariantCulture;
        if (cells.Length <= at.Max())
        {
            return $"{cells.Length} cells, at least {at.Max() + 1} expected";
        }

        var (date, rain, max, min) = (cells[at[0]].Trim(), cells[at[1]].Trim(), cells[at[2]].Trim(), cells[at[3]].Trim());
        if (!DateOnly.TryParseExact(date, "yyyy-MM-dd", culture, DateTimeStyles.None, out var day))
        {
            return $"date is '{date}', not a day such as 2012-01-31";
        }

        if (!decimal.TryParse(rain, NumberStyles.Float, culture, out var mm) || mm < 0)
        {
            return $"precipitation is '{rain}', not a number of mm from 0";
        }

        if (!double.TryParse(max, NumberStyles.Float, culture, out var high) || !double.IsFinite(high))
        {
            return $"temp_max is '{max}', not a number";
        }

        if (!double.TryParse(min, NumberStyles.Float, culture, out var low) || !double.IsFinite(low))
        {
            return $"temp_min is '{min}', not a number";
        }

        days.Add(new Day(day, mm, high, low));
        return low <= high ? null : $"temp_min {min} is above temp_max {max}";
    }
}

/// <summary>A straight line through daily values from which the season was taken, with an error that knows that one warm day follows another.</summary>
/// <remarks>
/// <para>The season is taken out of time as well as out of the values. The slope is then the one of a least-squares fit with one mean for each
/// place in the year (the theorem of Frisch, Waugh and Lovell); taken out of the values alone, with Y years, 1/Y² of the slope would be lost.</para>
/// <para>The error counts as many independent days as the autocorrelation r of the residuals from one day to the next leaves: n (1 − r) / (1 + r).
/// Source: B. D. Santer and others, "Statistical significance of trends and trend differences in layer-average atmospheric temperature time
/// series", Journal of Geophysical Research 105 (D6), 2000, pages 7337–7356. There n is reduced by the two numbers of the line; here, by each place in the
/// year and the slope, before r is applied.</para>
/// </remarks>
internal static class LinearTrend
{
    private const double DaysPerYear = 365.25;
    private const double Normal975 = 1.959963984540054;
    private const double LeastFreedom = 3;

    /// <summary>Each value less the mean of all values at its place in the year.</summary>
    public static IReadOnlyList<double> WithoutSeason(IReadOnlyList<double> values, IReadOnlyList<int> season)
    {
        var means = values.Zip(season).GroupBy(pair => pair.Second, pair => pair.First).ToDictionary(group => group.Key, group => group.Average());
        return [.. values.Zip(season, (value, place) => value - means[place])];
    }

    /// <summary>Fits the line to values without their season.</summary>
    /// <exception cref="InvalidDataException">The years are too few, or so alike that nothing is left to fit.</exception>
    public static LinearFit Fit(IReadOnlyList<double> anomalies, IReadOnlyList<int> season)
    {
        var n = anomalies.Count;
        var time = WithoutSeason([.. Enumerable.Range(0, n).Select(day => day / DaysPerYear)], season);
        var spread = time.Sum(t => t * t);
        var slope = time.Zip(anomalies, (t, y) => t * y).Sum() / spread;
        var residuals = time.Zip(anomalies, (t, y) => y - slope * t).ToList();
        var squares = residuals.Sum(r => r * r);

        // A negative autocorrelation, which weather does not have for long, must not make the error smaller.
        var lag1 = Math.Max(0, residuals.Zip(residuals.Skip(1), (today, tomorrow) => today * tomorrow).Sum() / squares);
        var independent = (1 - lag1) / (1 + lag1);
        var freedom = (n - season.Distinct().Count() - 1) * independent;
        if (!(freedom >= LeastFreedom))
        {
            throw new InvalidDataException($"{n} days are too few for a trend; give at least two years.");
        }

        var error = Math.Sqrt(squares / freedom / spread);
        return new LinearFit(slope, error, error * Student975(freedom), lag1, n * independent);
    }

    /// <summary>The 97.5 % point of Student's t. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, formula 26.7.5.</summary>
    private static double Student975(double freedom)
    {
        const double z = Normal975;
        var (z3, z5, z7) = (Math.Pow(z, 3), Math.Pow(z, 5), Math.Pow(z, 7));
        return z
            + (z3 + z) / (4 * freedom)
            + (5 * z5 + 16 * z3 + 3 * z) / (96 * Math.Pow(freedom, 2))
            + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * Math.Pow(freedom, 3));
    }
}

/// <summary>A slope per year with its standard error and the half of its 95 % interval; lag-1 autocorrelation and independent days.</summary>
internal sealed record LinearFit(double PerYear, double StandardError, double HalfWidth, double Lag1, double EffectiveDays);
