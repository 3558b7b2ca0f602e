"""One run's use of the store: what is replayed, what is kept, and what turned out not to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_monorepo.worker import protocol

from .current import Current
from .keeper import Keeper
from .lookup import Answer
from .remote.shared import Shared
from .replay import Replay
from .store import Store
from .written import Written

Outcomes = dict[str, list[str]]


@dataclass(frozen=True)
class Difference:
    """A project whose run did not give what would have been replayed; ``unseen`` it read besides."""

    project: str
    tests: tuple[str, ...]
    unseen: tuple[str, ...] = ()


@dataclass
class Caching:
    """``verify`` runs everything and compares, ``sampled`` are the projects that run although they are kept.

    ``reasons`` says for each project that runs why it does; ``note`` why nothing is replayed or kept at all,
    ``notes`` what else the user should know.
    ``shared`` is the store of several machines, where there is one.
    """

    store: Store
    keeper: Keeper
    current: Current
    shared: Shared | None = None
    verify: bool = False
    answers: dict[str, Answer] = field(default_factory=dict)
    sampled: dict[str, Answer] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    carried: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    _outcomes: dict[str, Outcomes] = field(default_factory=dict)

    @property
    def replays(self) -> Mapping[str, Replay]:
        """What is said in place of running."""
        return {
            path: Replay(answer.messages, answer.entry.origin, self.carried.get(path, ()))
            for path, answer in self.answers.items()
            if answer.entry is not None and path not in self.sampled
        }

    def carry(self, folders: Mapping[str, str]) -> None:
        """Put what was measured where this run looks for it: ``folders`` by project."""
        for path in self.replays:
            entry = self.answers[path].entry
            if entry is not None and path in folders:
                self.carried[path] = entry.coverage.restored(Path(folders[path]))

    def heard(self, project: str, message: object) -> None:
        """A worker of the project said something."""
        self.keeper.heard(project, message)
        if project in self.sampled:
            _note(self._outcomes.setdefault(project, {}), message)

    def done(self, project: str, problem: str | None) -> None:
        """All of the project has run; ``problem`` is why its result is none to keep."""
        answer = self.sampled.get(project)
        if answer is not None:
            self._compare(project, answer)
        self.keeper.done(project, problem)

    def _compare(self, project: str, answer: Answer) -> None:
        kept: Outcomes = {}
        for message in answer.messages:
            _note(kept, message)
        ran = self._outcomes.get(project, {})
        other = sorted(test for test in {*kept, *ran} if kept.get(test) != ran.get(test))
        if other and answer.entry is not None:
            unseen = self.keeper.unseen(project, answer.entry)
            self.differences.append(Difference(project, tuple(other), tuple(unseen)))
            question = self.keeper.questions[project]
            self.store.drop(question.key, answer.name)
            if self.shared is not None:
                dropped = Written(question, question.key, answer.entry, answer.bases)
                self.shared.drop(dropped, "ran otherwise")

    def finish(self) -> None:
        """After the run: keep what has been proved."""
        self.current.forget()
        self.keeper.finish()
        if self.shared is not None:
            self.shared.push(self.keeper.written)
        self.current.digests.save()

    @property
    def problems(self) -> list[str]:
        """What went wrong with the stores: it cost results and changed none."""
        shared = self.shared.problem if self.shared is not None else None
        return [*self.notes, *(problem for problem in (self.store.problem, shared) if problem is not None)]

    @property
    def counts(self) -> tuple[int, float]:
        """How many tests are replayed, and the seconds that they took when they ran."""
        entries = [self.answers[path].entry for path in self.replays]
        return sum(e.tests for e in entries if e), sum(e.seconds for e in entries if e)

    def files(self) -> frozenset[str]:
        """The test files that are replayed."""
        tests = (m.tests for r in self.replays.values() for m in r.messages if isinstance(m, _COLLECTED))
        return frozenset(test.partition("::")[0] for found in tests for test in found)

    def explanation(self) -> Iterator[str]:
        """A line for each project: that it is replayed, or why it runs, and why its result is not kept."""
        for path in sorted({*self.answers, *self.reasons, *self.keeper.refused}):
            if path in self.reasons:
                refused = self.keeper.refused.get(path)
                yield f"{path} runs: {self.reasons[path]}" + (f"; not kept: {refused}" if refused else "")
            elif (entry := self.answers[path].entry) is not None:
                yield f"{path} cached from {entry.origin}"


_COLLECTED = protocol.Collected


def _note(outcomes: Outcomes, message: Any) -> None:
    if isinstance(message, protocol.TestReport):
        data = message.data
        words = f"{data.get('when')} {data.get('outcome')}{' xfail' if 'wasxfail' in data else ''}"
        outcomes.setdefault(str(data.get("nodeid")), []).append(words)
