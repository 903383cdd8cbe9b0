using FlowerPower.Jobs;

namespace FlowerPower.Storage.Wire;

/// <summary>What few jobs have, as one JSON object at the head of their records: a new thing is a new field, which older versions refuse by the record's format.</summary>
internal static class RecordExtras
{
    /// <returns><see langword="null"/>: the job has none.</returns>
    public static byte[]? Json(JobState state)
    {
        var trail = state.History!;
        var kept = (state as JobState.Finished)?.KeptUntil;
        if (trail is { Links: null, Log: null, Checkpoint: null, HoldsKey: false, Permit: null } && trail.Spec.DependsOn.Count == 0 && kept is null)
        {
            return null;
        }

        var buffer = WireBuffer.Rent();
        var w = buffer.Writer;
        w.WriteStartObject();
        if (trail.Links is { } links)
        {
            w.WritePropertyName(WireNames.Links);
            LinksWire.Write(w, links);
        }

        if (trail.Permit is { } permit)
        {
            w.WriteNumber(WireNames.Permit, permit);
        }

        if (trail.HoldsKey)
        {
            w.WriteBoolean(WireNames.HoldsKey, true);
        }

        if (kept is { } until)
        {
            w.WriteNumber(WireNames.KeptUntil, until.UtcTicks);
        }

        if (trail.Log is { } log)
        {
            w.WritePropertyName(WireNames.Log);
            AttemptWire.Write(w, log);
        }

        if (trail.Checkpoint is { } checkpoint)
        {
            w.WritePropertyName(WireNames.Checkpoint);
            AttemptWire.Write(w, checkpoint);
        }

        w.WriteEndObject();
        return buffer.Finish();
    }

    /// <summary>The trail with what the extras say.</summary>
    /// <param name="keptUntil">Until when the ended job is kept; <see langword="null"/>: as its retention says.</param>
    public static JobTrail Read(ReadOnlySpan<byte> json, JobTrail trail, out DateTimeOffset? keptUntil)
    {
        keptUntil = null;
        var r = new WireReader(json);
        r.Start();
        r.BeginObject();
        while (r.NextField())
        {
            if (r.Is(WireNames.Links))
            {
                trail = trail with { Links = LinksWire.Read(ref r) };
            }
            else if (r.Is(WireNames.Permit))
            {
                trail = trail with { Permit = r.Number() };
            }
            else if (r.Is(WireNames.HoldsKey))
            {
                trail = trail with { HoldsKey = r.Flag() };
            }
            else if (r.Is(WireNames.KeptUntil))
            {
                keptUntil = r.Instant();
            }
            else if (r.Is(WireNames.Log))
            {
                trail = trail with { Log = AttemptWire.ReadLog(ref r) };
            }
            else if (r.Is(WireNames.Checkpoint))
            {
                trail = trail with { Checkpoint = AttemptWire.ReadCheckpoint(ref r) };
            }
            else
            {
                r.SkipField();
            }
        }

        r.End();
        return trail;
    }
}
