"""Long test files whose tests several workers share: what is held back, repeated and learnt.

:mod:`~.plan.divisions` has what is known of them, :mod:`~.state.division` what follows.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_monorepo.run.hooks import passes
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.plan import divisions
from pytest_monorepo.run.plan.divisions import Shown
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.state import answers, division
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.division import Division, Say
from pytest_monorepo.run.state.ledger import Ledger
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.run.workers.events import FromWorker
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.scopes import ALL

from .members import Crew
from .starting import Starter

if TYPE_CHECKING:
    from pytest_monorepo.results.values.surroundings import Surroundings


class Dividing:
    """``known`` is what earlier runs have shown; ``learnt`` what this one does, ``None``: nothing any more.

    ``hear`` is to be :meth:`.hearing.Hearing.said`.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        crew: Crew,
        starter: Starter,
        announcer: Announcer,
        known: divisions.Known,
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.crew = crew
        self.starter = starter
        self.announcer = announcer
        self.known = known
        self.learnt: dict[str, Shown | None] = {}
        self.hear: Callable[[Conversation, FromWorker], None]
        self._began = time.time()
        self._surroundings: Surroundings | None = None
        self._heres: dict[str, str] = {}
        self._parts: dict[str, dict[str, tuple[int, int]]] = {}
        self._open: dict[str, Division] = {}
        self._withdrawn: dict[str, Division] = {}
        self._broken: dict[str, str] = {}
        self._believed: set[str] = set()
        self._echoes: dict[tuple[int, int], Conversation] = {}

    # -- before its tests are handed out

    def parts(self, path: str) -> dict[str, tuple[int, int]]:
        """The project's files that may be divided: how many tests each has, and how many are one part."""
        if path not in self._parts:
            self._parts[path] = dict(self._divisible(path)) if self._may_divide(path) else {}
        return self._parts[path]

    def _may_divide(self, path: str) -> bool:
        timed = bool(self.known and self.ledger.known.seconds)
        return timed and self.plan.workers > 1 and self.starter.scopes(path)

    def _divisible(self, path: str) -> list[tuple[str, tuple[int, int]]]:
        """Longer than the fair share, and shown to pass where all was as it is now."""
        long = divisions.fair_share(sum(self.ledger.weights.values()), self.plan.workers)
        found = []
        for file in self.ledger.projects[path].project.test_files:
            shown = self.known.get(file)
            if shown is None or shown.whole or self.ledger.known.seconds.get(file, 0.0) <= long:
                continue
            if shown.here and shown.here == self._here(path):
                found.append((file, (shown.tests, divisions.parts(shown.tests, self.plan.workers))))
        return found

    def _here(self, path: str) -> str:
        """What the project's tests can reach as the run began, as a digest."""
        if path not in self._heres:
            python, more = self.plan.interpreter(path).executable, self.plan.settings.of(path)
            told = (self.plan.words, self.plan.fork, more)
            self._heres[path] = self._all_around().of_project(path, python, told)
        return self._heres[path]

    def _all_around(self) -> Surroundings:
        if self._surroundings is None:
            from pytest_monorepo.results.values import surroundings  # for long files alone

            self._surroundings = surroundings.Surroundings(self.plan.workspace, self.plan.graph, os.environ)
        return self._surroundings

    def arrange(self, talk: Conversation, queue: Queue) -> None:
        """The longest files first, and those that may be are cut into parts."""
        progress = self.ledger.project_of(talk)
        path = progress.project.path
        if not talk.is_first or path in self.plan.alone or not self._is_free(path):
            return
        seconds = self.ledger.known.seconds
        files = dict.fromkeys(test.partition("::")[0] for test in queue.tests)
        expected = sum(seconds.get(file, 0.0) for file in files)
        long = divisions.fair_share(expected, 2 * self.plan.workers)
        groups = division.arranged(queue.groups, queue.tests, seconds, long)
        unbound = {} if ALL in progress.bound else self.parts(path)
        parts = {file: part for file, part in unbound.items() if file not in progress.bound}
        groups, cut = division.divided(groups, queue.tests, parts)
        queue.groups.clear()
        queue.groups.extend(groups)
        for file, tests in cut.items():
            self._open[file] = Division(file, tests, self.starter.stand_in_number(), self.known[file].others)

    def _is_free(self, path: str) -> bool:
        """Whether no option says which test comes first."""
        ordered = {"--nf", "--new-first"}.intersection(self.plan.words.words)
        asked = self.plan.lastfailed is not None or self.plan.targets.get(path)
        return not (self.plan.maxfail or self.plan.stepwise or asked or ordered)

    # -- while they run

    def takes(self, talk: Conversation, message: FromWorker) -> bool:
        """Whether this is said of a test of a divided file, and held back.

        Raises :class:`protocol.ProtocolError` for what makes no sense.
        """
        if talk.task.repeats and self._withdrawn:
            self._withdrawn.pop((_test_of(talk, message) or "").partition("::")[0], None)
        if not self._open or talk.task.repeats:
            return False
        test = _test_of(talk, message)
        found = self._open.get(test.partition("::")[0]) if test is not None else None
        if test is None or found is None:
            return False
        found.hold(test, partial(self._say, talk, message))
        self._follow(talk, message, test, found)
        return True

    def _follow(self, talk: Conversation, message: FromWorker, test: str, found: Division) -> None:
        match message:
            case protocol.TestStarted():
                talk.test_started(message)
            case protocol.TestReport():
                self._reported(talk, message, test, found)
            case protocol.TestPassed():
                passes.check(message)
                found.gave(test, "passed")
                self._ended(talk, test, found)
            case protocol.TestFinished():
                self._ended(talk, test, found)
            case _:
                pass  # a warning

    def _reported(self, talk: Conversation, message: protocol.TestReport, test: str, found: Division) -> None:
        outcome = answers.outcome(message.data)
        talk.phases.append(str(message.data.get("when")))
        talk.done.add(test)
        if outcome == "failed":
            talk.failures += 1
            talk.withdrawn += 1
        found.gave(test, outcome)

    def _ended(self, talk: Conversation, test: str, found: Division) -> None:
        talk.asks(False, time.monotonic())
        talk.test_finished()
        found.end(test)
        self._settle(found, self.ledger.project_of(talk), talk)

    def died(self, talk: Conversation, test: str, say: Say) -> bool:
        """Whether the worker has died in a test of a divided file, of which ``say`` would tell."""
        found = self._open.get(test.partition("::")[0])
        if found is None or talk.task.repeats:
            return False
        found.hold(test, say)
        found.breaks(f"a worker ended in {test}")
        found.end(test)
        self._settle(found, self.ledger.project_of(talk), talk)
        return True

    def bound(self, talk: Conversation, message: protocol.Bound) -> None:
        """Something is set up for several tests of these files."""
        progress = self.ledger.project_of(talk)
        progress.bound.update(message.files)
        for found in self._of(progress):
            if found.file in message.files or ALL in message.files:
                found.breaks("something is set up for several of its tests")
                self._settle(found, progress, talk)

    def put_back(self, talk: Conversation) -> None:
        """A dead worker's tests are in the queue again."""
        progress = self.ledger.project_of(talk)
        for found in self._of(progress):
            self._settle(found, progress, talk)

    def _of(self, progress: Progress) -> list[Division]:
        files = frozenset(progress.project.test_files) if self._open else ()
        return [found for file, found in self._open.items() if file in files]

    # -- what becomes of it

    def _settle(self, found: Division, progress: Progress, talk: Conversation) -> None:
        if found.broken and progress.queue is not None:
            found.drop(progress.queue.drop(frozenset(found.tests)))
        if not found.settled:
            return
        if found.broken and self.crew.schedule.repeat(talk.task, found.tests):
            self._withdrawn[found.file] = self._open.pop(found.file)
            self._broken[found.file] = found.broken
        else:
            self._release(found, progress)

    def _release(self, found: Division, progress: Progress) -> None:
        """Say what was held, as if one worker had run it."""
        self._open.pop(found.file, None)
        if found.broken:
            self._broken[found.file] = found.broken
            progress.exit_codes += [1] if "failed" in found.outcomes.values() else []
        else:
            self._believed.add(found.file)
        progress.reported |= found.ended
        for say in found.said():
            say(found.speaker)
        self.announcer.silent(found.speaker)

    def _say(self, talk: Conversation, message: FromWorker, speaker: int) -> None:
        """In the name of the worker that said it, which may be at something else by now."""
        echo = self._echoes.setdefault((speaker, talk.number), self.starter.echo(talk, speaker))
        self.hear(echo, message)

    def flush(self, progress: Progress) -> None:
        """Nothing more is run of the project: what is held is said, whether it would be believed or not."""
        for found in self._of(progress):
            self._release(found, progress)

    def abandon(self, progress: Progress) -> None:
        """The run ends here: what was taken back and has not been said again is said after all."""
        for file in [file for file in self._withdrawn if file in progress.project.test_files]:
            self._release(self._withdrawn.pop(file), progress)
            del self._broken[file]  # it is not run again
        self.flush(progress)

    def reported(self, talk: Conversation) -> set[str]:
        """Those of its tests that a worker has told of for good."""
        if talk.task.repeats or not (self._open or self._broken):
            return talk.done
        held = self._open.keys() | self._broken.keys()
        return {test for test in talk.done if test.partition("::")[0] not in held}

    # -- what it shows

    def learn(self, progress: Progress) -> None:
        """All of the project has run, each of its files whole or divided."""
        long = [file for file, seconds in progress.seconds.items() if seconds > divisions.SHORTEST]
        if not long or progress.problems or not self.starter.scopes(progress.project.path):
            return
        counts = Counter(test.partition("::")[0] for test in progress.collection)
        for file in long:
            if file not in self._believed:
                self.learnt[file] = self._shown(progress, file, counts[file])

    def _shown(self, progress: Progress, file: str, tests: int) -> Shown | None:
        """What the file gave whole, where it can be told again from its text and from that alone."""
        others = {test: found for test, found in progress.gave.items() if test.partition("::")[0] == file}
        told_apart = _KNOWN_AGAIN.issuperset(others.values()) and progress.counts.get(file) == tests
        text, here = self._text_since(progress.started, file), self._here_since(progress)
        if not (told_apart and text and here) or progress.bound & {file, ALL} or not file.endswith(".py"):
            return None
        before = self.known.get(file)
        stays = before is not None and before.whole and before.text == text
        return Shown(text, here, tests, others, whole=stays or file in self._broken)

    def _here_since(self, progress: Progress) -> str:
        """Empty where something of it may have been edited since the run began, which has read it once."""
        path = progress.project.path
        here = self._here(path)
        return here if here and self._all_around().latest(path) < self._began else ""

    def _text_since(self, began: float | None, file: str) -> str:
        """A digest of what ran; empty where it may have been edited meanwhile."""
        path = self.plan.workspace.root / file
        try:
            edited = path.stat().st_mtime
        except OSError:
            return ""
        return divisions.digest(path) if began is not None and edited < began else ""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """What was taken back has happened all the same: a test that depends on others, or a flaky one."""
        if self._broken:
            terminalreporter.write_sep("=", "divided, and run again whole")
            for file, why in sorted(self._broken.items()):
                terminalreporter.write_line(f"{file}: {why}")

    def after(self) -> dict[str, Shown]:
        """What is known once this run is over."""
        now = {**self.known, **self.learnt}
        return {file: shown for file, shown in now.items() if shown is not None}


_KNOWN_AGAIN = frozenset(("skipped", "xfailed", "xpassed"))
"""Outcomes beside a pass; what has failed, or was run twice, is run whole the next time, too."""


def _test_of(talk: Conversation, message: FromWorker) -> str | None:
    """Of which test something is said; ``None`` where it is about none."""
    match message:
        case protocol.TestStarted() | protocol.TestFinished():
            return message.nodeid
        case protocol.TestPassed():
            return talk.current
        case protocol.TestReport():
            nodeid = message.data.get("nodeid")
            return nodeid if isinstance(nodeid, str) else None
        case protocol.WarningRecorded():
            return message.nodeid if message.when == "runtest" else None
    return None
