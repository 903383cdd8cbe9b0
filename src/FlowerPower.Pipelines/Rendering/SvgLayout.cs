namespace FlowerPower.Pipelines;

/// <summary>
/// A layered layout: a column per distance from the inputs, and in each column the order that crosses few lines. A long arrow has a place of its
/// own in every column that it passes, so that it runs between boxes instead of behind them.
/// </summary>
/// <remarks>Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981.</remarks>
internal sealed class SvgLayout
{
    public const double BoxHeight = 44;
    public const double Margin = 20;

    private const double ColumnGap = 64;
    private const double RowGap = 18;
    private const double WaypointHeight = 10;
    private const double TextPadding = 24;
    private const double NameLetter = 7.9; // of the widths below, at 13 and 11 pixels in a common sans-serif; a guess on the safe side
    private const double DetailLetter = 6.4;
    private const int Sweeps = 12;

    private readonly List<Place> places = [];
    private readonly List<List<Place>> columns = [];

    /// <summary>Where the boxes are, by their index: left, top, width.</summary>
    public required IReadOnlyList<(double X, double Y, double Width)> Boxes { get; init; }

    /// <summary>The points of each arrow, in the order of the picture's edges: out of the giver, through each column, into the taker.</summary>
    public required IReadOnlyList<IReadOnlyList<(double X, double Y)>> Lines { get; init; }

    /// <summary>The picture's width and height.</summary>
    public required (double Width, double Height) Size { get; init; }

    public static SvgLayout Of(PictureGraph picture)
    {
        var layout = new SvgLayout { Boxes = [], Lines = [], Size = default };
        return layout.Arrange(picture);
    }

    private SvgLayout Arrange(PictureGraph picture)
    {
        foreach (var box in picture.Boxes)
        {
            places.Add(new Place { Width = WidthOf(box), Height = BoxHeight });
        }

        SetColumns(picture);
        var chains = picture.Edges.Select(edge => Chain(places[edge.From], places[edge.To])).ToList();
        foreach (var column in places.GroupBy(place => place.Column).OrderBy(group => group.Key))
        {
            columns.Add([.. column]);
        }

        Order();
        SetCoordinates();
        return new SvgLayout
        {
            Boxes = [.. picture.Boxes.Select(box => (places[box.Index].X, places[box.Index].Top, places[box.Index].Width))],
            Lines = [.. chains.Select(Line)],
            Size = (places.Select(place => place.X + place.Width).DefaultIfEmpty(Margin).Max() + Margin,
                places.Select(place => place.Top + place.Height).DefaultIfEmpty(Margin).Max() + Margin),
        };
    }

    private static double WidthOf(PictureBox box) =>
        Math.Ceiling(Math.Max(box.Name.Length * NameLetter, box.Detail.Length * DetailLetter) + TextPadding);

    /// <summary>A node stands right of all that it takes; an input that only late nodes take stands just left of the first of them.</summary>
    private void SetColumns(PictureGraph picture)
    {
        // The boxes are in an order in which each comes after what it takes.
        foreach (var takers in picture.Edges.GroupBy(edge => edge.To).OrderBy(group => group.Key))
        {
            places[takers.Key].Column = takers.Max(edge => places[edge.From].Column) + 1;
        }

        foreach (var givers in picture.Edges.Where(edge => picture.Boxes[edge.From].IsInput).GroupBy(edge => edge.From))
        {
            places[givers.Key].Column = givers.Min(edge => places[edge.To].Column) - 1;
        }
    }

    private List<Place> Chain(Place from, Place to)
    {
        var chain = new List<Place> { from };
        for (var column = from.Column + 1; column < to.Column; column++)
        {
            var waypoint = new Place { Column = column, Height = WaypointHeight };
            places.Add(waypoint);
            chain.Add(waypoint);
        }

        chain.Add(to);
        for (var i = 1; i < chain.Count; i++)
        {
            chain[i - 1].Right.Add(chain[i]);
            chain[i].Left.Add(chain[i - 1]);
        }

        return chain;
    }

    /// <summary>Each place moves to the mean rank of its neighbours, column by column, there and back; the best order seen is kept.</summary>
    private void Order()
    {
        Rank();
        var best = columns.Select(column => column.ToList()).ToList();
        var fewest = Crossings();
        for (var sweep = 0; sweep < Sweeps && fewest > 0; sweep++)
        {
            var leftward = sweep % 2 == 1;
            for (var i = 1; i < columns.Count; i++)
            {
                var at = leftward ? columns.Count - 1 - i : i;
                columns[at] = [.. columns[at].OrderBy(place => MeanRank(leftward ? place.Right : place.Left, place.Rank))];
                Rank();
            }

            if (Crossings() is var crossings && crossings < fewest)
            {
                fewest = crossings;
                best = [.. columns.Select(column => column.ToList())];
            }
        }

        columns.Clear();
        columns.AddRange(best);
        Rank();
    }

    private static double MeanRank(List<Place> neighbours, int own) => neighbours.Select(n => (double)n.Rank).DefaultIfEmpty(own).Average();

    private void Rank()
    {
        foreach (var column in columns)
        {
            for (var i = 0; i < column.Count; i++)
            {
                column[i].Rank = i;
            }
        }
    }

    private int Crossings()
    {
        var count = 0;
        foreach (var column in columns)
        {
            var lines = column.SelectMany(place => place.Right.Select(to => (From: place.Rank, To: to.Rank))).ToList();
            for (var i = 0; i < lines.Count; i++)
            {
                for (var j = i + 1; j < lines.Count; j++)
                {
                    count += (lines[i].From - lines[j].From) * (lines[i].To - lines[j].To) < 0 ? 1 : 0;
                }
            }
        }

        return count;
    }

    private void SetCoordinates()
    {
        var x = Margin;
        foreach (var column in columns)
        {
            var width = column.Max(place => place.Width);
            var y = Margin;
            foreach (var place in column)
            {
                place.X = x;
                place.Width = place.Width == 0 ? width : place.Width; // a line crosses the whole column
                place.Top = y;
                y += place.Height + RowGap;
            }

            x += width + ColumnGap;
        }

        // Pull each place towards the middle of its neighbours as far as the column's order allows.
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            foreach (var column in sweep % 2 == 0 ? columns : columns.AsEnumerable().Reverse())
            {
                Settle(column);
            }
        }

        var top = places.Select(place => place.Top).DefaultIfEmpty(Margin).Min();
        places.ForEach(place => place.Top += Margin - top);
    }

    /// <summary>Places that would overlap form a group, which moves as one to where its members want to be on average.</summary>
    private static void Settle(List<Place> column)
    {
        var groups = new List<(double Top, double Height, double Wanted, List<Place> Members)>();
        foreach (var place in column)
        {
            var neighbours = place.Left.Concat(place.Right).Select(n => n.Middle).ToList();
            var wanted = (neighbours.Count == 0 ? place.Middle : neighbours.Average()) - (place.Height / 2);
            var group = (Top: wanted, Height: place.Height + RowGap, Wanted: wanted, Members: new List<Place> { place });
            while (groups.Count > 0 && groups[^1] is var above && above.Top + above.Height > group.Top)
            {
                groups.RemoveAt(groups.Count - 1);
                var members = above.Members.Count + group.Members.Count;
                // What the group's top should be for its members' sake: theirs, less their offset in the group.
                var wish = ((above.Wanted * above.Members.Count) + ((group.Wanted - above.Height) * group.Members.Count)) / members;
                group = (wish, above.Height + group.Height, wish, [.. above.Members, .. group.Members]);
            }

            groups.Add(group);
        }

        foreach (var (top, _, _, members) in groups)
        {
            var y = top;
            foreach (var place in members)
            {
                place.Top = y;
                y += place.Height + RowGap;
            }
        }
    }

    private static List<(double X, double Y)> Line(List<Place> chain)
    {
        var points = new List<(double X, double Y)> { (chain[0].X + chain[0].Width, chain[0].Middle) };
        foreach (var waypoint in chain.Skip(1).SkipLast(1))
        {
            points.Add((waypoint.X, waypoint.Middle));
            points.Add((waypoint.X + waypoint.Width, waypoint.Middle));
        }

        points.Add((chain[^1].X, chain[^1].Middle));
        return points;
    }

    /// <summary>A box, or where a long arrow passes a column.</summary>
    private sealed class Place
    {
        public int Column;
        public int Rank;
        public double X;
        public double Top;
        public double Width;
        public double Height;
        public List<Place> Left = [];
        public List<Place> Right = [];

        public double Middle => Top + (Height / 2);
    }
}
