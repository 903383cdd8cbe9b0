using System.Globalization;

namespace FlowerPower.Pipelines.Tests.Examples;

/// <summary>The example's figures once more, by plain loops over the CSV's cells and by textbook formulas.</summary>
internal sealed class PlainWeather
{
    public PlainWeather(IReadOnlyList<string> lines)
    {
        Count = lines.Count - 1;
        (Dates, Rain, Max, Min) = (new DateOnly[Count], new int[Count], new double[Count], new double[Count]);
        for (var i = 0; i < Count; i++)
        {
            var cells = lines[i + 1].Split(',');
            Dates[i] = DateOnly.Parse(cells[0], CultureInfo.InvariantCulture);
            Rain[i] = int.Parse(cells[1].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            Max[i] = double.Parse(cells[2], CultureInfo.InvariantCulture);
            Min[i] = double.Parse(cells[3], CultureInfo.InvariantCulture);
        }
    }

    public int Count { get; }

    public DateOnly[] Dates { get; }

    /// <summary>In tenths of a millimetre, so that sums are exact.</summary>
    public int[] Rain { get; }

    public double[] Max { get; }

    public double[] Min { get; }

    public (double High, double Low, double RainMm) Month(int month)
    {
        double high = 0, low = 0;
        int days = 0, rain = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Dates[i].Month == month)
            {
                high += Max[i];
                low += Min[i];
                rain += Rain[i];
                days++;
            }
        }

        return (high / days, low / days, rain / 10.0 / 4);
    }

    public double YearMean(int year)
    {
        double sum = 0;
        var days = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Dates[i].Year == year)
            {
                sum += Max[i] + Min[i];
                days++;
            }
        }

        return sum / 2 / days;
    }

    /// <summary>Start, length and tenths of a millimetre of each run of days of at least so much rain, in order of time.</summary>
    public List<(DateOnly From, int Days, int Rain)> WetRuns(int atLeast)
    {
        var runs = new List<(DateOnly, int, int)>();
        for (var i = 0; i < Count; i++)
        {
            if (Rain[i] < atLeast || (i > 0 && Rain[i - 1] >= atLeast))
            {
                continue;
            }

            var (end, sum) = (i, 0);
            while (end < Count && Rain[end] >= atLeast)
            {
                sum += Rain[end++];
            }

            runs.Add((Dates[i], end - i, sum));
        }

        return runs;
    }

    public (DateOnly From, int Rain) WettestWindow(int days)
    {
        var best = (From: default(DateOnly), Rain: -1);
        for (var i = 0; i + days <= Count; i++)
        {
            var sum = 0;
            for (var j = i; j < i + days; j++)
            {
                sum += Rain[j];
            }

            if (sum > best.Rain)
            {
                best = (Dates[i], sum);
            }
        }

        return best;
    }

    public int DaysWithRain(int atLeast)
    {
        var days = 0;
        foreach (var rain in Rain)
        {
            days += rain >= atLeast ? 1 : 0;
        }

        return days;
    }

    /// <summary>
    /// The trend as one regression of the temperature on a column of zeros and ones for each place in the year, and time as the last
    /// column: the normal equations in full, solved by elimination. The example never builds them.
    /// </summary>
    public (double Slope, double Error, double HalfWidth, double Lag1) Trend(Func<DateOnly, int> season)
    {
        var places = Dates.Select(season).Distinct().Order().ToList();
        var columns = places.Count + 1;
        var (matrix, right) = (new double[columns, columns], new double[columns]);
        var (unit, times, values, column) = (new double[columns], new double[Count], new double[Count], new int[Count]);
        for (var i = 0; i < Count; i++)
        {
            (times[i], values[i], column[i]) = (i / 365.25, (Max[i] + Min[i]) / 2, places.IndexOf(season(Dates[i])));
            matrix[column[i], column[i]] += 1;
            matrix[column[i], columns - 1] += times[i];
            matrix[columns - 1, column[i]] += times[i];
            matrix[columns - 1, columns - 1] += times[i] * times[i];
            right[column[i]] += values[i];
            right[columns - 1] += times[i] * values[i];
        }

        unit[^1] = 1;
        var coefficients = Solve((double[,])matrix.Clone(), right);
        var slopeVariance = Solve((double[,])matrix.Clone(), unit)[^1]; // the last element of the inverse
        double squares = 0, products = 0, before = 0;
        for (var i = 0; i < Count; i++)
        {
            var residual = values[i] - coefficients[column[i]] - coefficients[^1] * times[i];
            squares += residual * residual;
            products += i == 0 ? 0 : residual * before;
            before = residual;
        }

        var lag1 = products / squares;
        var freedom = (Count - columns) * (1 - lag1) / (1 + lag1);
        var error = Math.Sqrt(squares / freedom * slopeVariance);
        return (coefficients[^1], error, error * StudentQuantile(0.975, freedom), lag1);
    }

    private static double[] Solve(double[,] a, double[] given)
    {
        var (n, b) = (given.Length, (double[])given.Clone());
        for (var pivot = 0; pivot < n; pivot++)
        {
            for (var row = pivot + 1; row < n; row++)
            {
                var factor = a[row, pivot] / a[pivot, pivot]; // positive definite: no pivot is zero
                if (factor == 0)
                {
                    continue;
                }

                for (var k = pivot; k < n; k++)
                {
                    a[row, k] -= factor * a[pivot, k];
                }

                b[row] -= factor * b[pivot];
            }
        }

        for (var row = n - 1; row >= 0; row--)
        {
            for (var k = row + 1; k < n; k++)
            {
                b[row] -= a[row, k] * b[k];
            }

            b[row] /= a[row, row];
        }

        return b;
    }

    /// <summary>By bisection on the integral of Student's density, whose constant is the integral over the whole line.</summary>
    private static double StudentQuantile(double probability, double freedom)
    {
        const double far = 60;
        var half = Area(0, far);
        var (low, high) = (0.0, 20.0);
        while (high - low > 1e-9)
        {
            var middle = (low + high) / 2;
            (low, high) = 0.5 + Area(0, middle) / half / 2 < probability ? (middle, high) : (low, middle);
        }

        return low;

        double Area(double from, double to)
        {
            const int steps = 4000; // Simpson's rule
            var (width, sum) = ((to - from) / steps, 0.0);
            for (var i = 0; i <= steps; i++)
            {
                var weight = i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2;
                var t = from + i * width;
                sum += weight * Math.Pow(1 + t * t / freedom, -(freedom + 1) / 2);
            }

            return sum * width / 3;
        }
    }
}
