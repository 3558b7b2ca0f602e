"""One run's use of the store: what is replayed, what is kept, and what turned out not to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.files.pauses import without_collector

from .entries import outcomes, whys
from .entries.key import of_file
from .entries.outcomes import Outcomes
from .entries.store import Store
from .keeping.keeper import Keeper
from .replays import part
from .replays.answers import Answers, without
from .replays.lookup import Answer, Lookup
from .replays.replay import Replay
from .unrun import Unrun
from .values.current import Current

if TYPE_CHECKING:
    from .entries.entry import Entry
    from .keeping.twice import Doubt, Earlier, Verdict
    from .remote.shared import Shared
    from .values.former import Changed


@value(frozen=True)
class Difference:
    """A file whose run did not give what would have been replayed; ``unseen`` it read besides."""

    file: str
    tests: tuple[str, ...]
    unseen: tuple[str, ...] = ()


@value(frozen=False)
class Caching:
    """``verify`` runs everything and compares, ``sampled`` are the files that run although they are kept,
    ``compared`` counts those of them that have run to their end.

    ``answers`` are of projects; ``reasons`` say for each project that runs without being asked for why it
    does; ``note`` why nothing is replayed or kept at all, ``notes`` what else the user
    should know. ``shared`` is the store of several machines, where there is one. ``picks`` are the tests that
    are asked for of files that need not run, by file; with ``collect_only`` none is said to have run.
    ``rests`` are answers for all of a project of which whole files run here, ``sharded`` those of which a
    shard runs them, that collects all.
    ``unrun`` carries what was measured of what does not run; ``None`` where nothing is measured.
    ``changes`` are what differs from the bases of a comparison, and ``bystanders`` failed files that read
    nothing of it. ``verdicts`` are on tests that gave one thing and another with the same inputs.
    """

    store: Store
    keeper: Keeper
    lookup: Lookup
    current: Current
    shared: Shared | None = None
    verify: bool = False
    answers: dict[str, Answers] = field(default_factory=dict)
    sampled: dict[str, Answer] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    unrun: Unrun | None = None
    picks: dict[str, part.Pick] = field(default_factory=dict)
    rests: dict[str, Answers] = field(default_factory=dict)
    sharded: frozenset[str] = frozenset()
    collect_only: bool = False
    verdicts: list[Verdict] = field(default_factory=list)
    changes: Callable[[], Sequence[Changed]] = tuple
    bystanders: frozenset[str] = frozenset()
    compared: int = 0

    # -- what is said in place of running

    @property
    def replays(self) -> Mapping[str, Replay]:
        """Of projects that need not run at all."""
        return {path: self._whole(path, a) for path, a in self.answers.items() if a.complete and a.hits}

    def _whole(self, path: str, answers: Answers) -> Replay:
        collected, others = self._told(answers)
        messages: list[Any] = []
        for message in answers.roster.messages or (collected,):
            if isinstance(message, protocol.Collected):
                messages.append(message._replace(tests=collected.tests, nodes=collected.nodes))
            else:
                messages.append(message)
        return Replay((*messages, *others), self._origins(answers))

    def _told(self, answers: Answers) -> tuple[protocol.Collected, list[Any]]:
        """The files' collections as one, and everything else."""
        only, picks = self.collect_only, self.picks
        hits = answers.hits.items()
        told = [part.told(answer, picks.get(file), collect_only=only) for file, answer in hits]
        collected = part.joined([one for one, _ in told], collect_only=only)
        return collected, [message for _, others in told for message in others]

    @property
    def parts(self) -> Mapping[str, Replay]:
        """Of files whose projects run without them, by project."""
        return {path: self._part(path, a) for path, a in self.answers.items() if a.hits and not a.complete}

    @property
    def together(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """For each project the files that one worker should run, as far as is known."""
        found = {path: answers.latest for path, answers in self.answers.items()}
        return {path: entry.together for path, entry in found.items() if entry is not None and entry.together}

    @property
    def alone(self) -> frozenset[str]:
        """Projects of which something can be kept, and of which nobody knows yet which files are one."""
        kept = (path for path in self.answers if path not in self.keeper.partial or path in self.sharded)
        return frozenset(path for path in kept if self._is_new(path))

    def _is_new(self, path: str) -> bool:
        new = self.answers[path].latest is None
        return new and not self.lookup.is_never_kept(self.keeper.questions[path])

    def _part(self, path: str, answers: Answers) -> Replay:
        collected, others = self._told(answers)
        return Replay((collected, *others), self._origins(answers), tuple(answers.hits))

    def _origins(self, answers: Answers) -> dict[str, str]:
        return {entry.file: entry.origin for entry in answers.entries}

    # -- while the tests run

    def heard(self, project: str, worker: int, message: object) -> None:
        """A worker of the project said something."""
        self.keeper.heard(project, worker, message)

    def clash(self, project: str, ran: list[str]) -> str | None:
        """The part of the project that is to run has: why the rest must as well, and all of it once more."""
        answers = self.answers[project]
        why = self.keeper.demands(project) or self._clash(project, answers, answers.entries, ran)
        if why is not None:
            self.keeper.again(project)
            self.answers[project] = without(answers, answers.hits, why)
        return why

    def _clash(self, project: str, answers: Answers, entries: Sequence[Entry], ran: list[str]) -> str | None:
        from .keeping.clash import Clash

        lookup, traces = self._anew(), self.keeper.traces(project)
        if traces is None:
            return "a worker did not live to tell what it left"
        order = answers.latest.order if answers.latest is not None else ()
        return Clash(lookup, self.keeper.questions[project].now, traces, order).first(entries, ran)

    def done(self, project: str, problem: str | None, *, stopped: bool = False) -> None:
        """All of the project has run that will; ``problem`` is why its result is none to keep."""
        answers = self.answers.get(project)
        for file in [file for file, answer in self.sampled.items() if _of(answer, project)]:
            gave = None if self.collect_only else self.keeper.gave(project, file)
            if gave is not None:  # a run that was stopped, or lost a worker, says nothing of the rest
                self._compare(project, file, self.sampled[file], gave)
        if self.unrun is not None:
            self._measured(self.unrun, project, over=not stopped)
        if project in self.rests and problem is None:
            answers = self._with_rest(project) or answers
        self.keeper.done(project, problem, answers)

    def _measured(self, unrun: Unrun, project: str, *, over: bool) -> None:
        """What of the project has run, and whether that goes with what is to be carried of the rest."""
        if project not in unrun.projects:
            unrun.ran(project, [], (), None, over=over)
            return
        one = unrun.projects[project]
        tested = self.keeper.tested(project)
        ended = self.keeper.ended(project, one.scope.is_cut)
        replayed = self.answers[project].hits if over and project in self.answers else ()
        rest = unrun.beside(project, ended, replayed)
        why = self._clash(project, one.answers, rest, tested) if tested and rest else None
        unrun.ran(project, tested, ended, why, over=over)

    def _anew(self) -> Lookup:
        """Whoever asks by it hears what is so now: tests may have written what was asked for before them."""
        self.current.forget()
        return Lookup(self.store, self.lookup.max_age)

    def _with_rest(self, project: str) -> Answers | None:
        """What is known of the files that others run, or nobody, where that lets what ran here be kept."""
        from .keeping.rest import beside

        keeper, rest = self.keeper, self.rests[project]
        lookup, now, traces = self._anew(), keeper.questions[project].now, keeper.traces(project)
        found = beside(rest, keeper.tested(project), lookup, now, traces)
        if isinstance(found, str) and project in self.sharded:
            keeper.apart.add(project)
            del keeper.partial[project]
            return None
        if isinstance(found, str):
            keeper.partial[project] += f", and {found}"
            return None
        del keeper.partial[project]
        return found

    def _compare(self, project: str, file: str, answer: Answer, gave: Outcomes) -> None:
        self.compared += 1
        kept = outcomes.of(part.told(answer, self.picks.get(file), collect_only=False)[1])
        other = outcomes.differing(kept, gave)
        if other and answer.entry is not None:
            unseen = self.keeper.unseen(project, file, (answer.entry.own, *answer.bases))
            self.differences.append(Difference(file, tuple(other), tuple(unseen)))
            question = self.keeper.questions[project]
            key = of_file(question.key, file)
            self.store.drop(key, answer.name)
            if self.shared is not None:
                from .keeping.book import Written

                self.shared.drop(Written(question, key, answer.entry, answer.bases), "ran otherwise")

    def doubts(self) -> Iterator[Doubt]:
        """Files that gave something else than before with the same inputs: they are to run once more."""
        lookups: list[Lookup] = []

        def fresh() -> Lookup:
            if not lookups:
                self.current.forget()
                lookups.append(Lookup(self.store, self.lookup.max_age))
            return lookups[0]

        return self.keeper.doubts(fresh)

    def settle(self, doubt: Doubt, messages: Sequence[Any] | None) -> None:
        """``messages`` are those of the run of its tests alone; ``None`` where it came to no end."""
        from .keeping.twice import verdicts

        self.current.forget()
        ran = outcomes.of(messages) if messages is not None else None
        again = None if ran is None else {test: ran[test] for test in doubt.gave if test in ran}
        found = verdicts(doubt, again)
        self.verdicts += found
        flaky = [verdict.test for verdict in found if verdict.proven]
        if flaky:
            self.keeper.flaky[doubt.file] = flaky
        self.keeper.doubted[doubt.file] = "it gives one thing and another with the same inputs"
        for earlier in doubt.others:
            self._drop(doubt, earlier)

    def _leave(self, doubt: Doubt) -> None:
        """The run was stopped before it was settled: no pass is kept, a later run finds the failure."""
        if not doubt.failed:
            self.keeper.doubted[doubt.file] = "it gave something else before with the same inputs"
        for earlier in doubt.others:
            if earlier.key == of_file(doubt.question.key, doubt.file):
                self._drop(doubt, earlier)

    def _drop(self, doubt: Doubt, earlier: Earlier) -> None:
        self.store.drop(earlier.key, earlier.name)
        if self.shared is not None and earlier.key == of_file(doubt.question.key, doubt.file):
            from .keeping.book import Written

            names = earlier.entry.bases
            bases = [base for name in names if (base := self.lookup.section(name)) is not None]
            self.shared.drop(Written(doubt.question, earlier.key, earlier.entry, bases), "ran otherwise")

    @without_collector
    def finish(self) -> None:
        """After the run: keep what has been proved."""
        self.current.forget()
        self.keeper.recall(Lookup(self.store, self.lookup.max_age))
        for doubt in self.doubts():
            self._leave(doubt)
        self.bystanders = self.keeper.bystanders(self.changes)
        for path in (path for path, answers in self.answers.items() if answers.reasons):
            self.lookup.remember(self.keeper.questions[path])
        self.keeper.finish()
        if self.shared is not None:
            self.shared.push(self.keeper.written)
        self.current.digests.save()

    def carried(self) -> list[dict[str, Any]]:
        """After all: what workers would have said of the measurement of what did not run."""
        return [] if self.unrun is None else self.unrun.settle(self.answers)

    @property
    def unmeasured(self) -> Mapping[str, Mapping[str, str]] | None:
        """After that: for each project the test files without data; ``None`` where that is not known."""
        return self.unrun.missing if self.unrun is not None and self.unrun.settled else None

    # -- what is told of it

    @property
    def problems(self) -> list[str]:
        """What went wrong with the stores: it cost results and changed none."""
        shared = self.shared.problem if self.shared is not None else None
        return [*self.notes, *(problem for problem in (self.store.problem, shared) if problem is not None)]

    def proven(self) -> dict[str, str]:
        """The tests that are proven flaky by this run, and how."""
        return {verdict.test: verdict.said for verdict in self.verdicts if verdict.proven}

    @property
    def collected(self) -> int:
        """How many tests are known without their files being collected."""
        hits = [hit for answers in self.answers.values() for hit in answers.hits.items()]
        return sum(part.counted(answer, self.picks.get(file)) for file, answer in hits)

    def replayed(self, file: str) -> bool:
        """Whether a test file does not run."""
        return any(file in answers.hits for answers in self.answers.values())

    def explanation(self) -> Iterator[str]:
        """A line for each project, or each of its files: it is replayed, or why it runs and is not kept."""
        for path in sorted({*self.answers, *self.reasons}):
            if path in self.reasons:
                refused, why = self.keeper.refused.get(path), self.reasons[path]
                yield self._runs(path, why, None if refused == why else refused)
            else:
                yield from self._of_project(path, self.answers[path])
        yield from () if self.unrun is None else self.unrun.explanation()

    def _of_project(self, path: str, answers: Answers) -> Iterator[str]:
        refused = self.keeper.refused
        runs = {
            file: (self._worded(path, file, reason), refused.get(file) or refused.get(path))
            for file, reason in answers.reasons.items()
        }
        origins = self._origins(answers)
        if not runs and not origins:
            reason = next(iter(answers.roster.reasons), "which of its files are asked for is not known")
            yield self._runs(path, reason, refused.get(path))
        elif not runs and answers.complete and len(set(origins.values())) == 1:
            yield f"{path} cached from {next(iter(origins.values()))}"
        elif not origins and len(set(runs.values())) == 1:
            yield self._runs(path, *next(iter(runs.values())))
        else:
            for file in sorted({*runs, *origins}):
                if file in runs:
                    yield self._runs(file, *runs[file])
                else:
                    yield f"{file} cached from {origins[file]}"
            if not runs and not answers.complete:
                reason = next(iter(answers.roster.reasons), "not known")
                unlisted = self.keeper.unlisted.get(path) or refused.get(path)
                yield self._runs(f"{path}'s collection", reason, unlisted)

    def _worded(self, path: str, file: str, reason: str) -> str:
        """A reason with whoever leads to what has changed, as the last kept result of the file knows it."""
        from .replays import importers  # reads sources, which few runs have to

        question = self.keeper.questions.get(path)
        entry = self.lookup.newest(question, file) if question is not None else None
        if question is None or entry is None:
            return reason
        places = question.now.places
        sources = {places.shown(one) for part in self.lookup.sections(entry) for one in part.paths}
        inside = (one for one in sources if one.endswith(".py") and not one.startswith(("/", "<")))
        said = importers.worded(reason, file, inside, Path(places.absolute("<root>")))
        return f"{said}{whys.beside(reason, self.lookup.since(question, file))}"

    def _runs(self, what: str, reason: str, refused: str | None) -> str:
        if not refused:
            return f"{what} runs: {reason}"
        if reason != whys.worded(refused):
            return f"{what} runs: {reason}; not kept: {whys.of_now(refused)}"
        again = f"{reason}, and again now" if reason == refused else f"not kept, as last time: {refused}"
        return f"{what} runs: {again}"


def _of(answer: Answer, project: str) -> bool:
    return answer.entry is not None and answer.entry.project == project
