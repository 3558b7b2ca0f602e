"""Listens to the workers of a run and keeps the results of those test files whose trace is complete.

What keeping takes is loaded where something is kept: a run that replays everything pays for none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_monorepo.inputs.record.shown import OPTION

from .book import Book, Written

if TYPE_CHECKING:
    from pytest_monorepo.results.entries.outcomes import Outcomes
    from pytest_monorepo.results.replays.answers import Answers
    from pytest_monorepo.results.replays.lookup import Lookup, Question
    from pytest_monorepo.results.values.former import Changed
    from pytest_monorepo.results.values.section import Section

    from .heard import Heard
    from .project import Base, Ready
    from .traces import Traces
    from .twice import Doubt


@dataclass
class Keeper(Book):
    """``questions`` are of the projects that may be kept, by path.

    ``partial`` says of projects of which a part was asked for, in words which: nothing is kept then.
    Of those in ``apart`` a shard keeps its files all the same, without knowing what the others leave.
    ``limit`` is what the store may hold, in bytes; 0 for no limit.
    """

    questions: Mapping[str, Question]
    _: KW_ONLY
    limit: int = 0
    partial: dict[str, str] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)
    _heard: dict[str, Heard] = field(default_factory=dict)
    _ready: list[Ready] = field(default_factory=list)
    _over: dict[str, list[str]] = field(default_factory=dict)

    def heard(self, project: str, worker: int, message: object) -> None:
        """A worker of the project said something."""
        if project not in self.questions:
            return
        heard = self._heard.get(project)
        if heard is None:
            from .heard import Heard

            heard = self._heard[project] = Heard()
        heard.add(worker, message)

    def again(self, project: str) -> None:
        """All of the project runs once more, and what was heard does not count."""
        self._heard.pop(project, None)

    def gave(self, project: str, file: str) -> Outcomes | None:
        """What the file gave; ``None`` where it was not collected, or not all of its tests have ended."""
        heard = self._heard.get(project)
        return None if heard is None else heard.gave(file)

    def demands(self, project: str) -> str | None:
        """Why all of the project has to run, by what was heard of a part of it."""
        heard = self._heard.get(project)
        return None if heard is None else heard.demands

    def tested(self, project: str) -> list[str]:
        """The project's files that have been heard of."""
        heard = self._heard.get(project)
        return [] if heard is None else heard.tested

    def ended(self, project: str, is_cut: Callable[..., bool]) -> list[str]:
        """Those of them all of whose tests have run, for all that ``is_cut`` says of it."""
        heard = self._heard.get(project)
        if heard is None:
            return []
        whole = (name for name in heard.tested if heard.gave(name) is not None)
        return [name for name in whole if not is_cut(name, deselected=heard.files[name].cut)]

    def traces(self, project: str) -> Traces | None:
        """What its workers told up to now; ``None`` where one has not told."""
        heard = self._heard.get(project)
        told = heard.traces if heard is not None else None
        if told is None:
            return None
        from .traces import all_told

        return all_told(told)

    def done(self, project: str, problem: str | None, answers: Answers | None = None) -> None:
        """All of the project has run that was not replayed; ``problem`` is why its result is none to keep.

        ``answers`` are what was known of it before.
        """
        heard = self._heard.pop(project, None)
        question = self.questions.get(project)
        if question is None:
            return
        self._over[project] = [] if heard is None else heard.tested
        if heard is None:
            self.refused[project] = problem or "no worker came to it last time"
            return
        from pytest_monorepo.results.entries.shares import read

        from . import abroad
        from .heard import UNTOLD
        from .project import Ready
        from .traces import all_told

        heard.beside = answers is not None and bool(answers.hits)
        reason = self.partial.get(project) or heard.problem or problem or heard.unfit
        told = heard.traces
        reason = reason or abroad.unlike(told or (), question.now)
        if reason is not None or told is None:
            self.refused[project] = reason or UNTOLD
            return
        try:
            shares = read(heard.coverage)
            earlier = None if shares is None else _measured_earlier(answers)
            measured = heard.measured(earlier, question.now.places)
        except (OSError, ValueError) as error:
            self.refused[project] = f"its coverage cannot be read: {error}"
            return
        traces = all_told(told)
        here = {*heard.tested, *(answers.hits if answers is not None else ())}
        elsewhere = frozenset(traces.order) - here if project in self.apart else frozenset()
        self._ready.append(Ready(question, heard, traces, measured, answers, shares, elsewhere))

    def unseen(self, project: str, file: str, known: Iterable[Section]) -> list[str]:
        """What a file read now and had not when it was kept; nothing of the interpreter and its packages."""
        traces, now = self.traces(project), self.questions[project].now
        if traces is None:
            return []
        sections = list(known)
        paths = {path for one in sections for group in one.inputs.values() for path in group}
        variables = {name for one in sections for name in one.variables}
        found: dict[str, None] = {}
        for part in (traces.shared, *traces.of(file)):
            new = {now.places.portable(path) for path in _asked_by_tests(part.traced.inputs)}
            named = (
                path for path in sorted(new - paths) if not path.startswith("<") or path.startswith("<root>")
            )
            found.update(dict.fromkeys(map(now.places.shown, named)))
            names = [name for name in part.traced.variables if name not in {*variables, *_OF_FAILURES}]
            words = (name if name.startswith(OPTION) else f"environment variable {name}" for name in names)
            found.update(dict.fromkeys(words))
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

    def _doubt(self, ready: Ready, file: str, fresh: Callable[[], Lookup]) -> Doubt | None:
        heard = ready.heard.files[file]
        if heard.finished != len(heard.tests) or file in self.doubted:
            return None
        if ready.elsewhere:
            return None  # what another shard has run it may have needed
        from . import twice
        from .project import Project

        found = twice.earlier(self.store, ready.question, file, heard.gave, failed=heard.failed, fresh=fresh)
        if not found:
            return None
        project = Project(self, ready, {})
        if isinstance(project.shared(), str) or file in project.incomplete():
            return None  # it may have read something else
        # what it has come to be one with may have left another thing: those were no inputs then
        found = [one for one in found if project.bonds.bound(file) <= {file, *one.entry.unit}]
        if not found:
            return None
        tests = [test for one in project.bonds.unit(file) for test in ready.heard.files[one].tests]
        return twice.Doubt(ready.question, file, tuple(tests), heard.gave, found, heard.failed)

    def recall(self, lookup: Lookup) -> None:
        """A file with a test that is known to be flaky with these inputs stays so, whatever it gave now."""
        for ready in self._ready:
            for file in ready.heard.tested:
                names = lookup.flaky(ready.question, file)
                if names:
                    self.flaky[file] = [*dict.fromkeys([*names, *self.flaky.get(file, ())])]
                    self.doubted.setdefault(file, f"{names[0]} is flaky with these inputs")

    def bystanders(self, changes: Callable[[], Sequence[Changed]]) -> frozenset[str]:
        """The files with failed tests that read nothing of the changes; where none failed nobody asks."""
        failing = [one for one in self._ready if any(file.failed for file in one.heard.files.values())]
        if not failing:
            return frozenset()
        from .bystanders import bystanders

        return frozenset(bystanders(failing, self, changes()))

    def finish(self) -> None:
        """Keep what is complete and has not changed since it was read."""
        if self._ready:
            self._keep()
        for project, files in self._over.items():
            self._say_why(project, files)
        self._over.clear()

    def _say_why(self, project: str, ran: list[str]) -> None:
        from pytest_monorepo.results.entries import whys

        key, reason = self.questions[project].key, self.refused.get(project)
        known = whys.read(self.store, key)
        now = {file: self.refused[file] for file in ran if file in self.refused}
        if project in self.unlisted:
            now[whys.COLLECTION] = self.unlisted[project]
        if reason is not None:
            now = {whys.PART if reason == self.partial.get(project) else whys.ALL: reason}
        whys.write(self.store, key, known, whys.after(known, now, ran))

    def _keep(self) -> None:
        from .project import Project

        bases: dict[str, Base | None] = {}
        for ready in self._ready:
            Project(self, ready, bases).keep()
        if self.limit:
            self.store.shrink(self.limit)
        for written in self.written:
            self._check(written)
        self._ready.clear()

    def _check(self, written: Written) -> None:
        """What does not fit, or cannot be written, is not kept: the next run would not know why."""
        if self.store.holds(written.key):
            return
        why = self.store.problem or "it is more than cached-size lets the store hold"
        if written.entry.file:
            self.refused.setdefault(written.entry.file, why)
        else:
            self.unlisted.setdefault(written.question.project, why)


def _measured_earlier(answers: Answers | None) -> Sequence[Mapping[str, Any]]:
    if answers is None or answers.latest is None or not answers.hits:
        return ()
    return answers.latest.coverage.infos


_OF_FAILURES = ("CI", "BUILD_NUMBER", f"{OPTION}verbose")
"""pytest asks for them where a test fails: how long the text of it may be."""


def _asked_by_tests(inputs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The paths without those on the way to files that a failure's text names, as pytest resolves them."""
    links = {path for kind in ("ltype", "type") for path in inputs.get(kind, ())}
    others = {path for kind, group in inputs.items() if kind not in ("ltype", "type") for path in group}
    named = [*others, *links, sys.prefix, sys.base_prefix]
    on_the_way = {str(above) for path in named for above in Path(path).parents}
    yield from others | {path for path in links - on_the_way if not path.startswith(_PACKAGE)}


_PACKAGE = str(Path(__file__).parents[2])
