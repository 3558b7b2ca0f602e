"""Listens to the workers of a run and keeps the results of those projects whose trace is complete."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_monorepo.worker import protocol, wire
from pytest_monorepo.worker.plugins import quarantine
from pytest_monorepo.worker.plugins.retries import HIDDEN

from .clock import reads_clock
from .compare import Now
from .current import keyed_environment
from .entry import Carried, Entry, packed
from .lookup import Question
from .section import Section, Traced, digest, merged
from .store import Store
from .written import Written


@dataclass
class _Heard:
    """What one project's workers have said. Messages are kept as lines: who shows a report changes it.

    ``lines`` are (test file, line); the file is empty for what comes before all tests.
    """

    lines: list[tuple[str, bytes]] = field(default_factory=list)
    traces: list[Mapping[str, Any]] = field(default_factory=list)
    workers: int = 0
    finished: int = 0
    tests: int = 0
    seconds: float = 0.0
    collected: bool = False
    problem: str | None = None
    coverage: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, message: Any) -> None:
        match message:
            case protocol.Hello():
                self.workers += 1
            case protocol.Traced():
                self.traces.append(message.trace)
            case protocol.Finished():
                self.finished += 1
                if message.coverage is not None:
                    self.coverage.append(message.coverage)
                    if message.coverage.get("error"):
                        self._unfit("its coverage could not be measured last time")
                if message.exitstatus != 0:
                    self._unfit(f"pytest ended with exit code {message.exitstatus} last time")
            case protocol.Collected():
                if not self.collected:
                    self._keep("", replace(message, nodes=[], groups=[]))
                self.collected = True
            case protocol.CollectReport() | protocol.WarningRecorded() | protocol.PluginSaid():
                if isinstance(message, protocol.CollectReport) and message.data.get("outcome") == "failed":
                    self._unfit("could not be collected last time")
                self._keep("", message)
            case protocol.TestStarted() | protocol.TestFinished():
                self.tests += isinstance(message, protocol.TestFinished)
                self._keep(message.nodeid, message)
            case protocol.TestReport():
                self._report(message)

    def _report(self, message: protocol.TestReport) -> None:
        data = message.data
        outcome = data.get("outcome")
        if data.get(quarantine.MARK):
            self._unfit("a test in quarantine failed last time")
        if outcome not in ("passed", "skipped") or data.get(HIDDEN):
            self._unfit("failed last time" if outcome == "failed" else "a test was run again last time")
        self.seconds += float(data.get("duration") or 0.0)
        self._keep(str(data.get("nodeid")), message)

    def _keep(self, nodeid: str, message: object) -> None:
        self.lines.append((nodeid.partition("::")[0], wire.encode(message)))

    def _unfit(self, reason: str) -> None:
        self.problem = self.problem or reason

    @property
    def unfit(self) -> str | None:
        """Why what was heard is no result to keep, whatever was read."""
        if not self.finished or self.finished != self.workers or len(self.traces) != self.workers:
            return self.problem or "a worker did not live to tell what it read"
        return self.problem

    @property
    def payload(self) -> bytes:
        """The lines of several workers file by file, packed."""
        files: dict[str, int] = {"": 0}
        ordered = sorted(self.lines, key=lambda line: files.setdefault(line[0], len(files)))
        said = {"messages": [json.loads(line) for _, line in ordered]}
        return packed({**said, "coverage": Carried.fetched(self.coverage).plain()})


@dataclass(frozen=True)
class _Ready:
    """What is to be kept unless its inputs have changed by the end of the run."""

    question: Question
    traced: Traced
    payload: bytes
    tests: int
    seconds: float


@dataclass
class Keeper:
    """``questions`` are of the projects that may be kept, by path; ``clock`` those that may read the clock.

    ``refused`` says after the run why a project was not kept, in words; ``written`` is what was.
    """

    store: Store
    questions: Mapping[str, Question]
    commit: str = ""
    clock: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    limit: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    _heard: dict[str, _Heard] = field(default_factory=dict)
    _ready: list[_Ready] = field(default_factory=list)

    def heard(self, project: str, message: object) -> None:
        """A worker of the project said something."""
        if project in self.questions:
            self._heard.setdefault(project, _Heard()).add(message)

    def done(self, project: str, problem: str | None) -> None:
        """All of the project has run; ``problem`` is why its result is none to keep."""
        heard = self._heard.pop(project, None)
        question = self.questions.get(project)
        if heard is None or question is None:
            return
        traced = merged(heard.traces)
        incomplete = f"no complete trace: {traced.reasons[0]}" if traced.reasons else None
        reason = problem or heard.unfit or incomplete
        if reason is not None:
            self.refused[project] = reason
            return
        try:
            payload = heard.payload
        except OSError as error:
            self.refused[project] = f"its coverage cannot be read: {error.strerror}"
            return
        self._ready.append(_Ready(question, traced, payload, heard.tests, heard.seconds))

    def unseen(self, project: str, entry: Entry) -> list[str]:
        """What the project read now and had not read when the entry was made."""
        heard, question = self._heard.get(project), self.questions[project]
        if heard is None:
            return []
        places = question.now.places
        traced = merged(heard.traces)
        known = {path for paths in entry.own.inputs.values() for path in paths}
        found = {places.portable(path) for paths in traced.inputs.values() for path in paths} - known
        names = [
            f"environment variable {name}" for name in traced.variables if name not in entry.own.variables
        ]
        return [*(places.shown(path) for path in sorted(found)), *names, *traced.reasons]

    def finish(self) -> None:
        """Keep what is complete and has not changed since it was read."""
        bases: dict[str, Base | str] = {}
        for ready in self._ready:
            reason = self._keep(ready, bases)
            if reason is not None:
                self.refused[ready.question.project] = reason
        if self._ready and self.limit:
            self.store.shrink(self.limit)
        self._ready.clear()

    def _keep(self, ready: _Ready, bases: dict[str, Base | str]) -> str | None:
        question, now = ready.question, ready.question.now
        secret = Kept(now)
        section = secret.section(ready.traced)
        if isinstance(section, str):
            return section
        if question.project not in self.clock:
            if reason := _draws_examples(section, question.seeded):
                return reason
            for path in section.paths:
                place = now.places.absolute(path)
                if _is_ours(place, self.roots) and (word := reads_clock(place)):
                    return f"{now.places.shown(path)} calls {word} (cached-clock = true lets it)"
        if ready.traced.base not in bases:
            bases[ready.traced.base] = self._base(ready.traced.base, secret)
        base = bases[ready.traced.base]
        if isinstance(base, str):
            return base
        entry = Entry(
            question.project,
            time.time(),
            self.commit,
            base.digest,
            section,
            ready.payload,
            ready.tests,
            ready.seconds,
        )
        name = digest([section.plain(), base.digest])[:32]
        self.store.write(question.key, name, entry.encoded())
        shared = () if base.section is None else (base.section,)
        self.written.append(Written(question, question.key, entry, shared))
        return None

    def _base(self, file: str, kept: Kept) -> Base | str:
        """The inputs that a fork server's workers share; a sentence where they have changed."""
        if not file:
            return Base("")
        try:
            data = json.loads(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "what the fork server read is not known"
        traced = merged([data])
        section = kept.section(traced)
        if isinstance(section, str):
            return section
        plain = section.plain()
        name = digest(plain)
        self.store.write_base(name, packed(plain))
        return Base(name, section)


@dataclass(frozen=True)
class Base:
    """Inputs that are kept by themselves, under their digest."""

    digest: str
    section: Section | None = None


@dataclass(frozen=True)
class Kept:
    """Makes of what a worker told what can be kept."""

    now: Now

    def section(self, traced: Traced) -> Section | str:
        """The inputs as they are compared later; a sentence where one has changed since it was read."""
        places, now = self.now.places, self.now
        inputs: dict[str, dict[str, Any]] = {}
        for kind, paths in traced.inputs.items():
            for path, was in paths.items():
                is_now = now.current.value(kind, path)
                ours = places.portable(path).startswith("<root>")
                same = now.current.is_same_file(path, was, ours) if kind == "file" else is_now == was
                if not same:
                    return f"{places.shown(places.portable(path))} changed while the tests ran"
                inputs.setdefault(kind, {})[places.portable(path)] = is_now
        lookups: dict[str, dict[str, list[str]]] = {}
        for folder, names in traced.lookups.items():
            for name, found in names.items():
                if now.current.lookup(folder, name, traced.suffixes) != found:
                    shown = places.shown(places.portable(folder))
                    return f"{shown}: what could be {name} changed while the tests ran"
            lookups[places.portable(folder)] = dict(names)
        variables = {
            name: None if value is None else now.keyed(name, value)
            for name, value in traced.variables.items()
        }
        environment = None
        if traced.environment is not None:
            environ = {name: places.variable(name, value) for name, value in traced.environment.items()}
            environment = keyed_environment(now.secret, environ, now.ignored)
        return Section(inputs, lookups, variables, dict(traced.facts), environment, traced.suffixes)


def _draws_examples(section: Section, seeded: bool) -> str | None:
    drawn = any(path.endswith("/hypothesis/core.py") for path in section.paths)
    if seeded or not drawn:
        return None
    return "hypothesis draws other examples each time (--hypothesis-seed or cached-clock = true lets it)"


def _is_ours(path: str, roots: tuple[str, ...]) -> bool:
    return path.endswith(".py") and path.startswith(roots) and "/site-packages/" not in path
