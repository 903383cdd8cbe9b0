using static FlowerPower.Jobs.JobCommand;
using static FlowerPower.Jobs.JobEvent;
using static FlowerPower.Jobs.JobState;
using static FlowerPower.Jobs.Tests.Example;

namespace FlowerPower.Jobs.Tests;

/// <summary>Random commands in random order under a moving clock, then what must always hold.</summary>
public sealed class LifecycleWalk
{
    private const int Walks = 4_000;
    private const int CommandsPerWalk = 60;

    [Fact]
    public void Whatever_is_asked_of_a_job_in_whatever_order_its_rules_hold()
    {
        var outcomes = new Dictionary<JobStatus, int>();
        var deletions = 0;
        for (var seed = 1; seed <= Walks; seed++)
        {
            try
            {
                var walk = new Walk(seed);
                var end = walk.Run();
                deletions += walk.Deletions;
                outcomes[end] = outcomes.GetValueOrDefault(end) + 1;
            }
            catch (Exception error)
            {
                Assert.Fail($"The walk with seed {seed} broke a rule: {error}");
            }
        }

        // A walk that never gets anywhere would hold every rule.
        Assert.InRange(deletions, 100, Walks * CommandsPerWalk);
        Assert.All(
            new[] { JobStatus.Completed, JobStatus.Failed, JobStatus.Cancelled, JobStatus.Running, JobStatus.Pending, JobStatus.Retrying },
            status => Assert.InRange(outcomes.GetValueOrDefault(status), 20, Walks));
    }

    private sealed class Walk(int seed)
    {
        private readonly Random random = new(seed);
        private readonly List<JobEvent> log = [];
        private readonly List<(GrantId Grant, WorkerId Worker)> grants = [];
        private readonly HashSet<GrantId> started = [];
        private JobState job = None;
        private DateTimeOffset now = T0;
        private int outcomesSinceRetry;
        private int failuresSinceRetry;
        private int crashesSinceRetry;
        private int deletions;

        public int Deletions => deletions;

        public JobStatus Run()
        {
            var spec = RandomSpec();
            for (var i = 0; i < CommandsPerWalk; i++)
            {
                now += random.Next(4) switch
                {
                    0 => TimeSpan.Zero,
                    1 => TimeSpan.FromMilliseconds(random.Next(2_000)),
                    2 => TimeSpan.FromSeconds(random.Next(20)),
                    _ => random.Next(20) == 0 ? -TimeSpan.FromSeconds(1) : TimeSpan.FromTicks(1), // another owner's clock may be behind
                };
                Step(i == 0 ? new Enqueue(spec, now + TimeSpan.FromSeconds(random.Next(3))) : RandomCommand(spec));
            }

            if (job is Absent)
            {
                Step(new Enqueue(spec, now));
            }

            var replayed = log.Aggregate((JobState)None, JobLifecycle.Evolve);
            Assert.Equal(job, replayed);
            Assert.Equal(log.Count, job.Version);
            Assert.Equal(Enumerable.Range(1, job.History!.AttemptsMade), log.OfType<AttemptStarted>().Select(e => e.Attempt));
            return job.StatusAt(now);
        }

        private void Step(JobCommand command)
        {
            var jitter = random.NextDouble();
            var decision = JobLifecycle.Decide(job, command, now, jitter);
            var repeated = JobLifecycle.Decide(job, command, now, jitter);
            Assert.Equal(decision.Refusal, repeated.Refusal);
            Assert.Equal(decision.Events, repeated.Events);
            Assert.InRange(decision.Events.Count, 0, decision.Refusal is null ? 2 : 0);
            Assert.Equal(decision.Events.Count == 2, decision.Events is [LogKept, not LogKept]);

            var before = job;
            foreach (var e in decision.Events)
            {
                Assert.Equal(now, e.At);
                log.Add(e);
                awaitedBefore[e] = job.Links.Awaits.Length;
                job = JobLifecycle.Evolve(job, e);
                Count(e);
            }

            if (command is LoseWorker { HandedBack: true })
            {
                Assert.True(decision.Events is [] or [AttemptLost { Crashed: false }], "A hand-back counted as a crash.");
            }

            CheckFence(before, command, decision);
            CheckClockPromise(before, command, decision);
            CheckEnd(before, command, decision);
            if (decision.Events is [Deleted])
            {
                BeginAnew();
            }
            else if (job is not Absent)
            {
                CheckTrail(decision);
            }
        }

        private void Count(JobEvent e)
        {
            switch (e)
            {
                case AttemptStarted x:
                    Assert.True(started.Add(x.Grant), "One grant started two attempts.");
                    break;
                case AttemptFailed:
                    failuresSinceRetry++;
                    break;
                case AttemptLost { Crashed: true }:
                    crashesSinceRetry++;
                    break;
                case Failed { Attempt: > 0, Error.Type: JobError.PoisonType }:
                    crashesSinceRetry++;
                    break;
                case Failed { Attempt: > 0 }:
                    failuresSinceRetry++;
                    break;
                case Retried:
                    (outcomesSinceRetry, failuresSinceRetry, crashesSinceRetry) = (0, 0, 0);
                    break;
                default:
                    break;
            }

            if (e is Completed or Failed or Cancelled)
            {
                outcomesSinceRetry++;
            }
        }

        private void CheckFence(JobState before, JobCommand command, Decision decision)
        {
            GrantId? grant = command switch
            {
                Heartbeat c => c.Grant,
                ReportProgress c => c.Grant,
                WriteLog c => c.Grant,
                SaveCheckpoint c => c.Grant,
                Snooze c => c.Grant,
                Succeed c => c.Grant,
                Fail c => c.Grant,
                Start c when started.Contains(c.Grant) && decision.Events is not [AttemptStarted] => c.Grant,
                LoseWorker c => c.Grant,
                _ => null,
            };
            if (grant is not null && (before as Running)?.Grant != grant)
            {
                Assert.Empty(decision.Events);
            }
        }

        private void CheckClockPromise(JobState before, JobCommand command, Decision decision)
        {
            if (command is CheckClock && decision.Events.Count > 0)
            {
                Assert.True(JobLifecycle.NextClockCheck(before) <= now, "The clock was not to be checked, yet it did something.");
            }

            if (command is CheckClock && before is not Absent && decision.Events.Count == 0)
            {
                Assert.False(JobLifecycle.NextClockCheck(job) <= now, "The clock is still to be checked after it was.");
            }
        }

        private static void CheckEnd(JobState before, JobCommand command, Decision decision)
        {
            if (command is Keep or Delete)
            {
                var isDone = before is Finished && !(command is Delete && !before.Links.Outbox.IsEmpty); // what it has to tell must not get lost
                Assert.Equal(isDone, decision.Events.Count == 1);
                Assert.Equal(isDone ? null : before is Absent ? Refusal.NotFound : Refusal.NotFinished, decision.Refusal);
            }

            if (before is Absent && command is not (Enqueue or HearParent or ConfirmNotes))
            {
                Assert.Equal(Refusal.NotFound, decision.Refusal);
            }
        }

        /// <summary>A deleted job leaves nothing behind: what is enqueued under its id is a job like any other.</summary>
        private void BeginAnew()
        {
            Assert.Equal(None, job);
            deletions++;
            log.Clear();
            grants.Clear();
            started.Clear();
            (outcomesSinceRetry, failuresSinceRetry, crashesSinceRetry) = (0, 0, 0);
        }

        private void CheckTrail(Decision decision)
        {
            var trail = job.History!;
            Assert.InRange(outcomesSinceRetry, 0, 1);
            Assert.Equal(outcomesSinceRetry == 1, job is Finished);
            Assert.InRange(failuresSinceRetry, 0, trail.Spec.Retry.MaxRetries + 1);
            Assert.InRange(crashesSinceRetry, 0, JobLifecycle.MaxCrashes);
            Assert.Equal(failuresSinceRetry, trail.FailuresMade);
            Assert.Equal(crashesSinceRetry, trail.Crashes);
            Assert.InRange(trail.Transitions.Length, 1, JobTrail.MaxTransitions);
            Assert.Equal(log.Count(IsStep), trail.Transitions.Length + trail.DroppedTransitions);
            Assert.InRange(trail.Log?.Lines.Length ?? 0, 0, JobLog.MaxLines);
            Assert.False(job is Finished { Outcome: JobStatus.Completed } && trail.Checkpoint is not null, "A completed job kept its checkpoint.");
            Assert.Equal(log[0].At, trail.Transitions[0].At);
            if (decision.Events.Any(IsStep))
            {
                Assert.Equal(job.StatusAt(now), trail.Transitions[^1].Status);
            }

            CheckLinks();

            if (job is Finished ended)
            {
                Assert.Equal(ended.Outcome == JobStatus.Completed, !ended.ResultJson.IsEmpty);
                Assert.Equal(ended.Outcome == JobStatus.Failed, ended.Error is not null);
                Assert.Equal(LastKept(), ended.KeptUntil);
            }
        }

        /// <summary>Of what ties jobs together only the last parent's end is a step of the job's own.</summary>
        private bool IsStep(JobEvent e) => e switch
        {
            DependentAdded or NotesDelivered or KeyReleased or LogKept or CheckpointSaved => false,
            ParentEnded => awaitedBefore[e] == 1,
            _ => true,
        };

        private readonly Dictionary<JobEvent, int> awaitedBefore = new(ReferenceEqualityComparer.Instance);

        private void CheckLinks()
        {
            var links = job.Links;
            var notes = links.Outbox.Select(note => note.Number).ToList();
            Assert.Equal(notes.Order().Distinct(), notes);
            Assert.All(notes, number => Assert.InRange(number, 1, links.LastNote));
            Assert.Equal(job is Deferred, job.IsUnfinished && !links.Awaits.IsEmpty);
            Assert.All(links.Outbox.Where(note => note.Kind == JobNoteKind.Subscribe), note => Assert.Contains(note.To, links.Awaits));
            if (job is Finished)
            {
                Assert.Empty(links.Dependents); // each of them has its note
                Assert.True(!job.HoldsKey || job.StatusAt(now) == JobStatus.Completed, "A job that failed or was cancelled held its key.");
            }
        }

        private JobSpec RandomSpec() => Spec with
        {
            DependsOn = random.Next(3) == 0 ? [new JobDependency(Parent, AllowFailure: random.Next(2) == 0), new JobDependency(SecondParent)] : [],
            UniqueKey = random.Next(3) == 0 ? "night" : null,
            UniqueFor = random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(1, 60)) : null,
            OnFailure = random.Next(3) == 0 ? new JobCallback("report") : null,
            Timeout = random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(1, 60)) : null,
            ExpiresAt = random.Next(3) == 0 ? T0 + TimeSpan.FromSeconds(random.Next(60)) : null,
            Retry = new RetryPolicy
            {
                MaxRetries = random.Next(6),
                Delay = TimeSpan.FromSeconds(random.Next(3)),
                Exceptions = random.Next(3) == 0 ? ["IOException"] : ["Exception"],
            },
        };

        // What was said of an earlier end does not count for this one.
        private DateTimeOffset? LastKept() =>
            log.AsEnumerable().Reverse().TakeWhile(e => e is Kept or NotesDelivered or KeyReleased or LogKept or Completed or Failed or Cancelled).OfType<Kept>().FirstOrDefault()?.Until;

        private JobCommand RandomCommand(JobSpec spec)
        {
            if (job is Absent && random.Next(2) == 0)
            {
                return new Enqueue(spec, now);
            }

            switch (random.Next(31))
            {
                case 0:
                    return new Enqueue(spec, now);
                case < 9:
                    return Started();
                case 9:
                    return new Heartbeat(AnyGrant());
                case 10:
                    return new ReportProgress(AnyGrant(), new JobProgress(1, 3, null));
                case 11:
                    return new Succeed(AnyGrant(), Result) { Log = RandomLog() };
                case 26:
                    return new Snooze(AnyGrant(), TimeSpan.FromSeconds(random.Next(3))) { Log = RandomLog() };
                case 27:
                    return new SaveCheckpoint(AnyGrant(), random.Next(2) == 0 ? Result : "2"u8.ToArray());
                case 28:
                    return new WriteLog(AnyGrant(), [Line]);
                case < 16:
                    return new Fail(AnyGrant(), random.Next(4) == 0 ? Broken : JobError.Named("IOException", "The disk is full."));
                case < 18:
                    return new CheckClock();
                case 18:
                    return new LoseWorker(random.Next(2) == 0 ? Ada : Bob, HandedBack: false);
                case 19:
                    return new LoseWorker(random.Next(2) == 0 ? Ada : Bob, HandedBack: true, random.Next(2) == 0 ? AnyGrant() : null);
                case 29:
                    return new Keep("ada", TimeSpan.FromSeconds(random.Next(1, 100)));
                case 30:
                    return random.Next(4) == 0 ? new Delete("ada") : new CheckClock();
                case 20:
                    return random.Next(4) == 0 ? new Cancel("ada", "because") : new CheckClock();
                case 21:
                    return new AddDependent(JobId.Parse($"child-{random.Next(3)}"));
                case < 25:
                    return random.Next(5) == 0
                        ? new ConfirmNotes([random.Next(1, 5), random.Next(1, 5)])
                        : random.Next(8) == 0 ? new GiveKey() : new HearParent(random.Next(2) == 0 ? Parent : SecondParent, random.Next(6) switch
                        {
                            0 => JobStatus.Failed,
                            1 => JobStatus.Cancelled,
                            _ => JobStatus.Completed,
                        });
                default:
                    return new Retry("bob", random.Next(2) == 0 ? new RequestId(random.Next(4)) : null);
            }
        }

        private Start Started()
        {
            if (grants.Count > 0 && random.Next(3) == 0)
            {
                var (grant, worker) = grants[random.Next(grants.Count)]; // a repetition, perhaps a very late one
                return new Start(grant, worker);
            }

            grants.Add((new GrantId($"g{grants.Count}"), random.Next(2) == 0 ? Ada : Bob));
            return new Start(grants[^1].Grant, grants[^1].Worker);
        }

        private JobLogLine[]? RandomLog() => random.Next(2) == 0
            ? null
            : [.. Enumerable.Range(1, random.Next(60)).Select(number => Line with { Attempt = job.History?.AttemptsMade ?? 0, Number = number })];

        // Mostly the newest one: most answers come in time.
        private GrantId AnyGrant() => grants.Count == 0 ? new GrantId("nobody's")
            : random.Next(3) == 0 ? grants[random.Next(grants.Count)].Grant
            : (job as Running)?.Grant ?? grants[^1].Grant;
    }
}
