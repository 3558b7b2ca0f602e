"""Listens to the workers of a run and keeps the results of those test files whose trace is complete."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_monorepo.results.entries.entry import Effect, Entry, packed
from pytest_monorepo.results.entries.key import of_file, of_record
from pytest_monorepo.results.entries.outcomes import Outcomes
from pytest_monorepo.results.entries.shares import Share, Shares, read
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.replays.answers import Answers
from pytest_monorepo.results.replays.lookup import Lookup, Question
from pytest_monorepo.results.values.section import Section, digest, merged

from . import twice
from .heard import Heard
from .kept import Kept, clocked
from .traces import Part, Traces, all_told
from .twice import Doubt
from .written import Written


@dataclass(frozen=True)
class _Ready:
    """What is to be kept unless its inputs have changed by the end of the run."""

    question: Question
    heard: Heard
    traces: Traces
    roster: bytes
    answers: Answers | None
    shares: Shares | None = None


@dataclass
class Keeper:
    """``questions`` are of the projects that may be kept, by path; ``clock`` those that may read the clock.

    ``measured`` are the projects whose coverage is; where it is not told apart by files they are one.
    ``partial`` says of projects of which a part was asked for, and nothing is kept, in words which part.
    ``doubted`` are files that gave one thing and another with the same inputs, each with why it is not kept;
    ``flaky`` are those of their tests that did so in one run. ``refused`` says after the run why a file, or
    all of a project, was not kept, in words; ``written`` is what was.
    """

    store: Store
    questions: Mapping[str, Question]
    commit: str = ""
    clock: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    limit: int = 0
    measured: frozenset[str] = frozenset()
    partial: Mapping[str, str] = field(default_factory=dict)
    doubted: dict[str, str] = field(default_factory=dict)
    flaky: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: int = field(default_factory=time.time_ns)
    _heard: dict[str, Heard] = field(default_factory=dict)
    _ready: list[_Ready] = field(default_factory=list)

    def heard(self, project: str, message: object) -> None:
        """A worker of the project said something."""
        if project in self.questions:
            self._heard.setdefault(project, Heard()).add(message)

    def again(self, project: str) -> None:
        """All of the project runs once more, and what was heard does not count."""
        self._heard.pop(project, None)

    def gave(self, project: str, file: str) -> Outcomes | None:
        """What the file gave; ``None`` where it was not collected, or not all of its tests have ended."""
        heard = self._heard.get(project)
        return None if heard is None else heard.gave(file)

    def traces(self, project: str) -> Traces | None:
        """What its workers told up to now; ``None`` where one has not told."""
        heard = self._heard.get(project)
        if heard is None or not heard.traces or len(heard.traces) != heard.workers:
            return None
        return all_told(heard.traces)

    def done(self, project: str, problem: str | None, answers: Answers | None = None) -> None:
        """All of the project has run that was not replayed; ``problem`` is why its result is none to keep.

        ``answers`` are what was known of it before.
        """
        heard = self._heard.pop(project, None)
        question = self.questions.get(project)
        if heard is None or question is None:
            return
        reason = self.partial.get(project) or problem or heard.unfit
        if reason is not None:
            self.refused[project] = reason
            return
        try:
            shares = read(heard.coverage)
            roster = heard.roster(None if shares is None else _measured_earlier(answers))
        except (OSError, ValueError) as error:
            self.refused[project] = f"its coverage cannot be read: {error}"
            return
        traces = all_told(heard.traces)
        self._ready.append(_Ready(question, heard, traces, roster, answers, shares))

    def unseen(self, project: str, file: str, known: Iterable[Section]) -> list[str]:
        """What a file read now and had not read when it was kept."""
        traces, now = self.traces(project), self.questions[project].now
        if traces is None:
            return []
        sections = list(known)
        paths = {path for one in sections for group in one.inputs.values() for path in group}
        variables = {name for one in sections for name in one.variables}
        found: dict[str, None] = {}
        for part in (traces.shared, *traces.of(file)):
            new = {now.places.portable(path) for group in part.traced.inputs.values() for path in group}
            found.update(dict.fromkeys(now.places.shown(path) for path in sorted(new - paths)))
            names = [name for name in part.traced.variables if name not in variables]
            found.update(dict.fromkeys(f"environment variable {name}" for name in names))
            found.update(dict.fromkeys(part.traced.reasons))
        return list(found)

    def doubts(self, fresh: Callable[[], Lookup]) -> Iterator[Doubt]:
        """Files that gave something else than an earlier run with the inputs that they have now.

        ``fresh`` makes what looks at the inputs as they are.
        """
        for ready in self._ready:
            for file in ready.heard.tested:
                doubt = self._doubt(ready, file, fresh)
                if doubt is not None:
                    yield doubt

    def _doubt(self, ready: _Ready, file: str, fresh: Callable[[], Lookup]) -> Doubt | None:
        heard = ready.heard.files[file]
        if heard.finished != len(heard.tests) or file in self.doubted:
            return None
        found = twice.earlier(self.store, ready.question, file, heard.gave, failed=heard.failed, fresh=fresh)
        if not found:
            return None
        project = _Project(self, ready, {})
        if isinstance(project.shared(), str) or file in project.incomplete():
            return None  # it may have read something else
        tests = [test for one in project.unit(file) for test in ready.heard.files[one].tests]
        return Doubt(ready.question, file, tuple(tests), heard.gave, found, heard.failed)

    def recall(self, lookup: Lookup) -> None:
        """A file with a test that is known to be flaky with these inputs stays so, whatever it gave now."""
        for ready in self._ready:
            for file in ready.heard.tested:
                names = lookup.flaky(ready.question, file)
                if names:
                    self.flaky[file] = [*dict.fromkeys([*names, *self.flaky.get(file, ())])]
                    self.doubted.setdefault(file, f"{names[0]} is flaky with these inputs")

    def finish(self) -> None:
        """Keep what is complete and has not changed since it was read."""
        bases: dict[str, Base | None] = {}
        for ready in self._ready:
            _Project(self, ready, bases).keep()
        if self._ready and self.limit:
            self.store.shrink(self.limit)
        self._ready.clear()


def _measured_earlier(answers: Answers | None) -> Sequence[Mapping[str, Any]]:
    if answers is None or answers.latest is None or not answers.hits:
        return ()
    return answers.latest.coverage.infos


@dataclass(frozen=True)
class Base:
    """Inputs that are kept by themselves, under a digest of them."""

    digest: str
    section: Section


@dataclass
class _Project:
    """Keeps one project. ``bases`` are what fork servers read, by their files.

    ``own`` and ``blobs`` are, by the number of their part, the inputs of one file and those of several.
    """

    keeper: Keeper
    ready: _Ready
    bases: dict[str, Base | None]
    own: dict[int, Section] = field(default_factory=dict)
    blobs: dict[int, Base] = field(default_factory=dict)
    _untold: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> Kept:
        return Kept(self.ready.question.now, self.keeper.began)

    def keep(self) -> None:
        ready, refused = self.ready, self.keeper.refused
        shared = self.shared()
        if isinstance(shared, str):
            refused[ready.question.project] = shared
            return
        reasons = dict(self._reasons())
        self._refuse_units(reasons)
        refused.update(reasons)
        for file in ready.heard.tested:
            if file not in reasons:
                self._write_file(file, shared)
            elif file not in self._untold and self._is_remembered(file):
                self._write_record(file, shared)
        self._write_roster(shared)

    def incomplete(self) -> Collection[str]:
        """The files of which it is not known what they read."""
        return dict(self._reasons()).keys() & self._untold.keys()

    def _is_remembered(self, file: str) -> bool:
        return file in self.keeper.flaky or (
            self.ready.heard.files[file].failed and file not in self.keeper.doubted
        )

    def shared(self) -> tuple[Base, ...] | str:
        """What every file reads; a sentence where it cannot be kept."""
        traces = self.ready.traces
        file = traces.shared.traced.base
        if file and file not in self.bases:
            self.bases[file] = self._read_server(file)
        server = self.bases[file] if file else None
        if file and server is None:
            return "what the fork server read is not known, or has changed"
        blob = self._blob(traces.shared)
        if isinstance(blob, str):
            return blob
        own = self._written(blob)
        return (own,) if server is None else (server, own)

    def _read_server(self, file: str) -> Base | None:
        try:
            data = json.loads(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        section = Kept(self.ready.question.now).section(merged([data]))
        return None if isinstance(section, str) else self._written(section)

    def _blob(self, part: Part) -> Section | str:
        section = self.kept.section(part.traced, part.modules)
        question = self.ready.question
        if isinstance(section, str) or question.project in self.keeper.clock:
            return section
        return clocked(section, question.now, self.keeper.roots, seeded=question.seeded) or section

    def _written(self, section: Section) -> Base:
        plain = section.plain()
        name = digest(plain)
        self.keeper.store.write_base(name, packed(plain))
        return Base(name, section)

    def _reasons(self) -> Iterable[tuple[str, str]]:
        """(file, why it is not kept)."""
        parts: dict[int, str] = {}
        traces, heard = self.ready.traces, self.ready.heard
        for number, part in enumerate(traces.parts):
            blob = self._blob(part)
            if isinstance(blob, str):
                parts[number] = blob
            elif len(part.files) > 1:
                self.blobs[number] = self._written(blob)
            else:
                self.own[number] = blob
        for file in heard.tested:
            reasons = [parts[n] for n, part in enumerate(traces.parts) if n in parts and file in part.files]
            unfit = self.keeper.doubted.get(file) or heard.files[file].unfit
            if not any(part.files == {file} for part in traces.parts):
                reasons.append("nothing was told of what it read")
            if reasons:
                self._untold[file] = reasons[0]
            if unfit is not None or reasons:
                yield file, unfit or reasons[0]

    @property
    def whole(self) -> bool:
        """Whether the project's files are replayed all together."""
        project = self.ready.question.project
        measured = project in self.keeper.measured and self.ready.shares is None
        return bool(self.ready.traces.whole or self.ready.heard.whole) or measured

    def unit(self, file: str) -> frozenset[str]:
        found = frozenset([file]).union(*(unit for unit in self.ready.traces.units if file in unit))
        return found.intersection(self.ready.heard.tested)

    def _refuse_units(self, reasons: dict[str, str]) -> None:
        """A file is kept only with those that it is one with, and only where one worker ran them all."""
        tested = self.ready.heard.tested
        if self.whole and reasons:
            first = next(iter(reasons))
            words = f"its project is one, and {first} is not kept: {reasons[first]}"
            reasons.update({file: words for file in tested if file not in reasons})
        for file in tested:
            unit = self.unit(file) - {file}
            if unit and not any({file, *unit} <= ran for ran in self.ready.traces.ran):
                reasons.setdefault(file, f"several workers ran it and {min(unit)}, which are one")
            for other in sorted(unit):
                if other in reasons:
                    reasons.setdefault(file, f"is one with {other}, which is not kept: {reasons[other]}")

    def _inputs(self, file: str, shared: tuple[Base, ...]) -> tuple[Section, tuple[Base, ...]]:
        """The file's own, and those that it shares with others."""
        own = Section()
        bases = list(shared)
        for number, part in enumerate(self.ready.traces.parts):
            if file in part.files and number in self.blobs:
                bases.append(self.blobs[number])
            elif file in part.files:
                own = self.own[number]
        return own, tuple(bases)

    def _write_record(self, file: str, shared: tuple[Base, ...]) -> None:
        heard, (own, bases) = self.ready.heard.files[file], self._inputs(file, shared)
        payload = heard.record(self.keeper.flaky.get(file, ()))
        entry = self._entry(file, own, bases, payload, len(heard.tests), heard.seconds, ())
        key = of_record(self.ready.question.key, file)
        self.keeper.store.write(key, digest([own.plain(), entry.bases])[:32], entry.encoded())

    def _write_file(self, file: str, shared: tuple[Base, ...]) -> None:
        heard = self.ready.heard.files[file]
        own, bases = self._inputs(file, shared)
        unit = self.unit(file)
        self._write(
            file,
            own,
            bases,
            heard.payload(self._share(file)),
            len(heard.tests),
            heard.seconds,
            tuple(sorted(unit)) if len(unit) > 1 else (),
        )

    def _share(self, file: str) -> Share | None:
        shares, traces = self.ready.shares, self.ready.traces
        if shares is None:
            return None
        fixtures = {name for name, files in traces.users.items() if file in files}
        reached = {name for other in self.ready.heard.tested for name in traces.modules(other)}
        # what was unloaded again is in nobody's closure: it is everybody's
        modules = traces.modules(file) | (shares.imported - reached)
        return shares.of(file, modules, fixtures)

    def _write_roster(self, shared: tuple[Base, ...]) -> None:
        ready = self.ready
        collection = self.kept.section(ready.traces.collection)
        if isinstance(collection, str):
            return
        known, replayed = (ready.answers.latest, ready.answers.hits) if ready.answers else (None, {})
        files = tuple(dict.fromkeys([*ready.heard.tested, *replayed]))
        order = known.order if known is not None and replayed else files
        units = tuple(sorted(tuple(sorted(unit)) for unit in ready.traces.units))
        told = {file for unit in units for file in unit}
        earlier = known.together if known is not None else ()
        together = (*units, *(unit for unit in earlier if not told.intersection(unit)))
        self._write(
            "", collection, shared, ready.roster, 0, 0.0, files, together, order, self._looking(known)
        )

    def _looking(self, known: Entry | None) -> tuple[str, ...]:
        earlier = set(known.looking) if known is not None else set()
        return tuple(sorted(self.ready.traces.looking | earlier.difference(self.ready.heard.tested)))

    def _write(self, file: str, own: Section, bases: tuple[Base, ...], *values: Any) -> None:
        question, keeper = self.ready.question, self.keeper
        entry = self._entry(file, own, bases, *values)
        key, name = of_file(question.key, file), digest([own.plain(), entry.bases])[:32]
        keeper.store.write(key, name, entry.encoded())
        keeper.written.append(Written(question, key, entry, tuple(base.section for base in bases)))

    def _entry(
        self,
        file: str,
        own: Section,
        bases: tuple[Base, ...],
        payload: bytes,
        tests: int,
        seconds: float,
        unit: tuple[str, ...],
        together: tuple[tuple[str, ...], ...] = (),
        order: tuple[str, ...] = (),
        looking: tuple[str, ...] = (),
    ) -> Entry:
        question, keeper = self.ready.question, self.keeper
        return Entry(
            project=question.project,
            file=file,
            created=time.time(),
            commit=keeper.commit,
            bases=tuple(base.digest for base in bases),
            own=own,
            payload=payload,
            tests=tests,
            seconds=seconds,
            run=keeper.run,
            unit=unit,
            whole=self.whole,
            together=together,
            order=order,
            looking=looking,
            asked=tuple(sorted(self.ready.traces.asked.get(file, ()))),
            effects=tuple(self._portable(effect) for effect in self.ready.traces.effects(file)),
        )

    def _portable(self, effect: Effect) -> Effect:
        places = self.ready.question.now.places
        return replace(effect, writes=tuple(map(places.portable, effect.writes)))
