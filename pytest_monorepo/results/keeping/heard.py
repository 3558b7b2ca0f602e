"""What one project's workers have said, file by file, as it can be said again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_monorepo.results.entries import outcomes, trees
from pytest_monorepo.results.entries.elsewhere import portable
from pytest_monorepo.results.entries.entry import Carried, compressed
from pytest_monorepo.results.entries.outcomes import Outcomes
from pytest_monorepo.results.entries.shares import Share, info_of_all
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol, wire
from pytest_monorepo.worker.plugins import quarantine
from pytest_monorepo.worker.plugins.retries import HIDDEN
from pytest_monorepo.worker.plugins.whole import TELLS

UNTOLD = "a worker did not live to tell what it read"


@value(frozen=False)
class File:
    """One test file. Messages are kept as lines: who shows a report changes it.

    ``nodes`` and ``facts`` of its tests and ``narrowed`` are as :class:`protocol.Collected` has them;
    ``begun`` is the test that began last. ``cut``: some of its tests were deselected.
    """

    lines: list[bytes] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    narrowed: bool = False
    cut: bool = False
    begun: str = ""
    gave: Outcomes = field(default_factory=dict)
    finished: int = 0
    seconds: float = 0.0
    problem: str | None = None

    @property
    def unfit(self) -> str | None:
        """Why what was heard of it is no result to keep."""
        if self.problem is None and self.finished != len(self.tests):
            return "did not run to its end last time"
        return self.problem

    @property
    def failed(self) -> bool:
        """Whether all of its tests ran, and not all passed."""
        return self.problem is not None and self.finished == len(self.tests)

    def record(self, flaky: Sequence[str]) -> bytes:
        """What is remembered where it is no result to keep."""
        return _said([], gave=self.gave, flaky=flaky)

    def payload(self, share: Share | None) -> bytes:
        collected = protocol.Collected(self.tests, self.nodes, facts=self.facts, narrowed=self.narrowed)
        return _said([wire.encode(collected), *self.lines], Carried(share=share))


@value(frozen=False)
class Heard:
    """``problem`` is why nothing of the project is kept. The file with an empty name is all of it.

    ``spoke`` and ``finished`` are the numbers of its workers, ``told`` what each has asked for. ``beside``:
    other files of it are replayed, so that perhaps none was left to run.
    """

    files: dict[str, File] = field(default_factory=dict)
    spoke: set[int] = field(default_factory=set)
    told: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    collected: bool = False
    exit_codes: set[int] = field(default_factory=set)
    problem: str | None = None
    beside: bool = False
    whole: tuple[str, ...] = ()
    coverage: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, worker: int, message: Any) -> None:
        # not by their Hello: a sibling that is forked ahead says it long before it has a slot to be heard in
        self.spoke.add(worker)
        match message:
            case protocol.Traced():
                self.told[worker] = message.trace
            case protocol.Finished():
                self.finished.add(worker)
                self._ended(message)
            case protocol.Collected():
                self._collected(message)
            case protocol.CollectReport():
                file = _file(str(message.data.get("nodeid")))
                if message.data.get("outcome") == "failed":
                    self.problem = self.problem or "could not be collected last time"
                self._keep(file if file.endswith(".py") else "", message)
            case protocol.Deselected():
                for file, nodeids in _by_file(message.nodeids).items():
                    self.file(file).cut = True
                    self._keep(file, protocol.Deselected(nodeids))
            case protocol.WarningRecorded():
                self._keep(_file(message.nodeid), message)
            case protocol.PluginSaid():
                self._keep("", message)
            case protocol.TestStarted():
                self.file(_file(message.nodeid)).begun = message.nodeid
                self._keep(_file(message.nodeid), message)
            case protocol.TestFinished():
                self.file(_file(message.nodeid)).finished += 1
                self._keep(_file(message.nodeid), message)
            case protocol.TestReport():
                self._report(message)
            case protocol.TestPassed():
                self._passed(message)

    def file(self, name: str) -> File:
        found = self.files.get(name)
        if found is None:
            found = self.files[name] = File()
        return found

    def _ended(self, message: protocol.Finished) -> None:
        self.exit_codes.add(message.exitstatus)
        if message.coverage is not None:
            self.coverage.append(message.coverage)
            if message.coverage.get("error"):
                self.problem = self.problem or "its coverage could not be measured last time"

    def _collected(self, message: protocol.Collected) -> None:
        if self.collected:
            return
        self.collected = True
        self.whole = tuple(name for kind, name, _ in message.whole if kind != TELLS)
        self._keep("", message._replace(tests=[], nodes=[], groups=[], facts=[]))
        for file, nodeids in _by_file(message.tests).items():
            self.file(file).tests += nodeids
            self.file(file).narrowed = message.narrowed
        for file, nodes in trees.by_file(message.nodes).items():
            self.file(file).nodes += nodes
        for test, fact in zip(message.tests, message.facts, strict=False):
            self.file(_file(test)).facts.append(fact)

    def _report(self, message: protocol.TestReport) -> None:
        data = message.data
        name, outcome = _file(str(data.get("nodeid"))), data.get("outcome")
        file = self.file(name)
        if data.get(quarantine.MARK):
            file.problem = "a test in quarantine failed last time"
        elif outcome not in ("passed", "skipped") or data.get(HIDDEN):
            file.problem = "failed last time" if outcome == "failed" else "a test was run again last time"
        file.seconds += float(data.get("duration") or 0.0)
        outcomes.note(file.gave, message)
        self._keep(name, message)

    def _passed(self, message: protocol.TestPassed) -> None:
        name = _file(message.nodeid)
        file = self.file(name)
        file.finished += 1
        if file.begun != message.nodeid:  # a replay says it of the test that has begun
            file.problem = "several workers ran its tests at once last time"
        file.seconds += sum(message.times[::3])
        outcomes.note(file.gave, message)
        self._keep(name, message)

    def _keep(self, file: str, message: object) -> None:
        self.file(file).lines.append(wire.encode(message))

    @property
    def traces(self) -> list[Mapping[str, Any]] | None:
        """What all of its workers asked for; ``None`` where one of them has not told."""
        return list(self.told.values()) if self.told and self.told.keys() == self.spoke else None

    @property
    def tested(self) -> list[str]:
        """The test files, in the order of the collection."""
        return [name for name in self.files if name]

    def gave(self, name: str) -> Outcomes | None:
        """What all of a file's tests gave; ``None`` where not all has been heard.

        A file without tests is not spoken of: it has been collected where no other file kept it from that.
        """
        file = self.files.get(name)
        if not self.collected or (file is None and self.problem is not None):
            return None
        if file is None:
            return {}
        return file.gave if file.finished == len(file.tests) else None

    @property
    def demands(self) -> str | None:
        """Why all of the project has to run where a part of it has: that has come to no end, or is one.

        What cannot be collected keeps pytest from running all the rest, too.
        """
        unexpected = self.exit_codes - {0, 1, 5}
        if unexpected:
            return f"pytest ended with exit code {max(unexpected)}"
        traced = (word for trace in self.told.values() for word in trace.get("whole", ()))
        return next((f"its project is one ({word})" for word in (*self.whole, *traced)), None)

    @property
    def unfit(self) -> str | None:
        """Why nothing of what was heard is a result to keep, whatever was read."""
        if self.problem is not None:
            return self.problem
        if not self.finished or self.traces is None or self.finished != self.spoke:
            return UNTOLD
        failed = any(file.problem == "failed last time" for file in self.files.values())
        expected = {0, 1} if failed else {0, 5} if self.beside and not self.tested else {0}
        unexpected = self.exit_codes - expected
        if unexpected:
            return f"pytest ended with exit code {max(unexpected)} last time"
        return None

    def roster(self, carried: Carried) -> bytes:
        """What is of no single file, and what was measured."""
        return _said(self.file("").lines, carried)

    def measured(self, earlier: Sequence[Mapping[str, Any]] | None, places: Places) -> Carried:
        """What workers said of it, as another checkout can take it; raises :class:`OSError`.

        ``earlier`` is what was said of files that did not run; ``None`` where files are not told apart.
        """
        infos = [portable({**info, "data_dir": ""}, places) for info in self.coverage]
        if earlier is None:
            return Carried(infos, Carried.fetched(self.coverage).files)
        return Carried([info_of_all([*infos, *earlier])])


def _said(lines: Iterable[bytes], coverage: Carried | None = None, **more: object) -> bytes:
    carried = (coverage or Carried()).plain()
    rest = json.dumps({"coverage": carried, **more}, separators=(",", ":"))[1:].encode("ascii")
    # each line is JSON already
    return compressed(b'{"messages":[' + b",".join(line[:-1] for line in lines) + b"]," + rest)


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _by_file(nodeids: Iterable[str]) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for nodeid in nodeids:
        files.setdefault(_file(nodeid), []).append(nodeid)
    return files
