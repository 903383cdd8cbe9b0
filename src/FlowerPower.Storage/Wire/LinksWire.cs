using System.Collections.Immutable;
using System.Text.Json;
using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>What ties a job to others, and its parents and callbacks, as parts of records and specs. What is empty is left out.</summary>
internal static class LinksWire
{
    public static void Write(Utf8JsonWriter w, JobLinks links)
    {
        w.WriteStartObject();
        WriteIds(w, WireNames.Awaits, links.Awaits);
        WriteIds(w, WireNames.Dependents, links.Dependents);
        if (!links.Outbox.IsEmpty)
        {
            w.WriteStartArray(WireNames.Outbox);
            foreach (var note in links.Outbox)
            {
                // An array: number, kind, whom, the outcome if it tells one (else 0, if something follows), the permit if one goes back.
                w.WriteStartArray();
                w.WriteNumberValue(note.Number);
                w.WriteNumberValue((int)note.Kind);
                w.WriteStringValue(note.To.Value);
                if (note.Outcome is not null || note.Permit is not null)
                {
                    w.WriteNumberValue((int)(note.Outcome ?? 0));
                }

                if (note.Permit is { } permit)
                {
                    w.WriteNumberValue(permit);
                }

                w.WriteEndArray();
            }

            w.WriteEndArray();
        }

        w.WriteNumber(WireNames.LastNote, links.LastNote);
        w.WriteEndObject();
    }

    public static JobLinks Read(ref WireReader r)
    {
        var links = JobLinks.None;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Awaits))
            {
                links = links with { Awaits = [.. ReadIds(ref r)] };
            }
            else if (r.Is(WireNames.Dependents))
            {
                links = links with { Dependents = [.. ReadIds(ref r)] };
            }
            else if (r.Is(WireNames.Outbox))
            {
                links = links with { Outbox = ReadNotes(ref r) };
            }
            else if (r.Is(WireNames.LastNote))
            {
                links = links with { LastNote = r.SmallNumber() };
            }
            else
            {
                r.SkipField();
            }
        }

        return links;
    }

    public static void Write(Utf8JsonWriter w, IReadOnlyList<JobDependency> parents)
    {
        w.WriteStartArray(WireNames.DependsOn);
        foreach (var parent in parents)
        {
            w.WriteStartObject();
            w.WriteString(WireNames.Id, parent.Job.Value);
            if (parent.AllowFailure)
            {
                w.WriteBoolean(WireNames.AllowFailure, true);
            }

            if (parent.Inputs.Count > 0)
            {
                w.WriteStartObject(WireNames.Inputs);
                foreach (var (name, value) in parent.Inputs)
                {
                    w.WriteString(name, value ?? throw new ArgumentException($"The input '{name}' of a job's dependency has no text."));
                }

                w.WriteEndObject();
            }

            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    public static List<JobDependency> ReadParents(ref WireReader r)
    {
        var parents = new List<JobDependency>();
        r.BeginArray();
        while (r.NextElement())
        {
            JobId? id = null;
            var parent = new JobDependency(default);
            r.BeginObject();
            while (r.NextField())
            {
                if (r.Is(WireNames.Id))
                {
                    id = JobId.Parse(r.Text());
                }
                else if (r.Is(WireNames.AllowFailure))
                {
                    parent = parent with { AllowFailure = r.Flag() };
                }
                else if (r.Is(WireNames.Inputs))
                {
                    parent = parent with { Inputs = r.TextsByName() };
                }
                else
                {
                    r.SkipField();
                }
            }

            parents.Add(parent with { Job = WireReader.Required(id, WireNames.Id) });
        }

        return parents;
    }

    public static void Write(Utf8JsonWriter w, JsonEncodedText name, JobCallback callback)
    {
        w.WriteStartObject(name);
        w.WriteString(WireNames.Pipeline, callback.Pipeline);
        SpecWire.WriteRaw(w, WireNames.RunConfig, callback.RunConfigJson);
        w.WriteEndObject();
    }

    public static JobCallback ReadCallback(ref WireReader r)
    {
        string? pipeline = null;
        byte[]? config = null;
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Pipeline))
            {
                pipeline = r.Text();
            }
            else if (r.Is(WireNames.RunConfig))
            {
                config = r.RawValue();
            }
            else
            {
                r.SkipField();
            }
        }

        var callback = new JobCallback(WireReader.Required(pipeline, WireNames.Pipeline));
        return config is null ? callback : callback with { RunConfigJson = config };
    }

    private static void WriteIds(Utf8JsonWriter w, JsonEncodedText name, IReadOnlyCollection<JobId> ids)
    {
        if (ids.Count == 0)
        {
            return;
        }

        w.WriteStartArray(name);
        foreach (var id in ids)
        {
            w.WriteStringValue(id.Value);
        }

        w.WriteEndArray();
    }

    private static IEnumerable<JobId> ReadIds(ref WireReader r) => r.Texts().Select(JobId.Parse);

    private static ImmutableArray<JobNote> ReadNotes(ref WireReader r)
    {
        var notes = ImmutableArray.CreateBuilder<JobNote>();
        r.BeginArray();
        while (r.NextElement())
        {
            r.BeginArray();
            r.NextElement();
            var number = r.SmallNumber();
            r.NextElement();
            var kind = (JobNoteKind)r.SmallNumber();
            r.NextElement();
            var to = JobId.Parse(r.Text());
            JobStatus? outcome = null;
            long? permit = null;
            if (r.NextElement())
            {
                outcome = r.SmallNumber() is > 0 and var status ? RecordWire.OutcomeOf((JobStatus)status) : null;
                if (r.NextElement())
                {
                    permit = r.Number();
                    r.SkipElements();
                }
            }

            notes.Add(Enum.IsDefined(kind) ? new JobNote(number, kind, to, outcome, permit) : throw new FormatException($"{(int)kind} is not a kind of note."));
        }

        return notes.DrainToImmutable();
    }
}
