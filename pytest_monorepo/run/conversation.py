"""What one worker has said so far, and what follows from how it ended: values only, nothing is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

from . import processes
from .failures import last_words, tail, without_header
from .schedule import Task

if TYPE_CHECKING:
    from .queue import Queue

Location = tuple[str, int | None, str]


@dataclass
class Conversation:
    """The state of one worker.

    ``out`` and ``err`` are its log files; ``started`` and ``last_heard`` are in seconds of the monotonic
    clock. ``verdicts`` are (plugin, exit status) of those that changed the project's exit status. ``taken``
    are the indices it took from its project's ``queue``; ``served_out`` that it was told there are no more.
    ``asking_since`` is set while somebody at the terminal is asked. ``verdict`` says why it is ended at
    ``kill_at``; ``out_of_time`` that nothing of its project shall run after it.
    """

    number: int
    slot: int
    task: Task
    project: Project
    out: str
    err: str
    started: float
    hello: protocol.Hello | None = None
    finished: protocol.Finished | None = None
    collected: tuple[str, ...] | None = None
    queue: Queue | None = None
    taken: list[int] = field(default_factory=list)
    last_heard: float = 0.0
    asking_since: float | None = None
    kill_at: float | None = None
    verdict: str = ""
    out_of_time: bool = False
    done: set[str] = field(default_factory=set)
    current: str | None = None
    location: Location = ("", None, "")
    phases: list[str] = field(default_factory=list)
    deselected: int = 0
    elsewhere: int = 0
    failures: int = 0
    collect_reports: int = 0
    wrong_files: int = 0
    verdicts: list[tuple[str, int]] = field(default_factory=list)
    internal: str = ""
    interrupted: str = ""
    told_to_stop: bool = False
    current_failed: bool = False
    rejected: bool = False
    served_out: bool = False
    ended: bool = False
    cached: str = ""

    @property
    def id(self) -> str:
        return f"gw{self.slot}"

    def __post_init__(self) -> None:
        self.last_heard = self.started

    @property
    def idle(self) -> bool:
        """A helper that has taken no test: however it ends, nothing is lost with it."""
        return self.task.assists and not self.taken

    @property
    def left_indices(self) -> list[int]:
        """Where in the collection the tests stand that it was to run and has not."""
        assert self.collected is not None
        mine = range(len(self.collected)) if self.queue is None else self.taken
        return [index for index in mine if self.collected[index] not in self.done]

    @property
    def left(self) -> list[str] | None:
        """Tests that it was to run and has not; ``None`` before the collection."""
        if self.collected is None:
            return None
        return [self.collected[index] for index in self.left_indices]

    def test_started(self, message: protocol.TestStarted) -> None:
        self.current = message.nodeid
        self.location = (message.location[0], message.location[1], message.location[2])
        self.phases = []
        self.current_failed = False

    def asks(self, asking: bool, now: float) -> None:
        """Somebody at the terminal is asked, or has answered; that time is not the project's."""
        if self.asking_since is not None:
            self.started += now - self.asking_since
        self.asking_since = now if asking else None

    def test_finished(self) -> None:
        if self.current is not None:
            self.done.add(self.current)
        self.current = None


@dataclass(frozen=True)
class Problem:
    """Why a project counts as failed beyond its tests; ``exitstatus`` is the exit code it stands for."""

    exitstatus: int
    message: str
    text: str = ""


def judge(talk: Conversation, *, narrowed: bool, collect_only: bool) -> Problem | None:
    """Whether a worker that said :class:`protocol.Finished` ended as it should.

    ``narrowed``: options may have left nothing to run.
    """
    continued = talk.task.assists or talk.task.restarts > 0
    assert talk.finished is not None
    status = talk.finished.exitstatus
    if talk.internal or status == 3:
        return Problem(3, "internal error", talk.internal or _logs(talk))
    if status == 4:
        return Problem(4, "pytest could not start here", tail(talk.err) or tail(talk.out))
    if status == 2 or (talk.interrupted and status):
        return _judge_interrupted(talk, status)
    if status == 5:
        return _judge_empty(talk, narrowed)
    if status == 6 and (line := _line(talk.out, "maximum allowed warnings exceeded")):
        return Problem(6, line)
    if talk.verdicts and status not in (0, 1):
        return Problem(status, _verdict(talk))
    if status == 1 and not (talk.failures or talk.collect_reports or continued):
        said = _verdict(talk) if talk.verdicts else "pytest ended with exit code 1 though no test failed"
        return Problem(1, said, "" if talk.verdicts else _logs(talk))
    if status not in (0, 1):
        return Problem(status, f"pytest ended with exit code {status}", _logs(talk))
    left = talk.left if not talk.interrupted else None
    if status == 0 and left and not collect_only and not talk.told_to_stop:
        return Problem(1, f"{count(len(left))} collected but never reported, first {left[0]}", _logs(talk))
    return None


def _judge_interrupted(talk: Conversation, status: int) -> Problem | None:
    if talk.told_to_stop or (talk.collect_reports and talk.interrupted.startswith("_pytest.main.Session")):
        return None
    if talk.interrupted.startswith("Interrupted:") and talk.collect_reports:
        return None
    words = f"ended early: {_reason(talk) or 'interrupted'}"
    words += f" (exit code {status})" if status != 2 else ""
    # by Ctrl-C, or as if: the run is interrupted; a project that ends itself has failed
    code = status if status != 2 or talk.interrupted.startswith("KeyboardInterrupt") else ENDED_ITSELF
    return Problem(code, words, "" if talk.interrupted else _logs(talk))


ENDED_ITSELF = -2
"""``pytest.exit()`` without a code of its own: as exit code 2 means, and nobody has interrupted the run."""


def _reason(talk: Conversation) -> str:
    return talk.interrupted.removeprefix("_pytest.outcomes.Exit: ")


def _verdict(talk: Conversation) -> str:
    plugin, code = talk.verdicts[-1]
    return f"{plugin} ended the project with exit code {code}: see what it says below"


def _line(log: str, words: str) -> str:
    """The last line of a log that holds ``words``."""
    return next((line.strip() for line in reversed(tail(log).splitlines()) if words in line), "")


def _judge_empty(talk: Conversation, narrowed: bool) -> Problem | None:
    if narrowed or talk.deselected or talk.elsewhere or talk.collect_reports or talk.wrong_files:
        return None
    files = len(talk.project.test_files)
    there = "there is 1 test file" if files == 1 else f"there are {files} test files, first"
    return Problem(5, f"no tests ran, though {there}: {talk.project.test_files[0]}")


def death(talk: Conversation, code: int, reason: str | None = None) -> tuple[str, str]:
    """Message and text for a worker that went without a word, or for a ``reason``."""
    how = talk.verdict or reason or processes.describe_exit(code)
    if talk.hello is None:
        return f"worker ended before pytest started ({how})", _logs(talk)
    if talk.collected is None:
        return f"worker ended before its tests were collected ({how})", _logs(talk)
    if talk.current is not None:
        return f"worker ended while running this test ({how})", _logs(talk)
    if talk.left:
        return f"worker ended between two tests ({how})", _logs(talk)
    return f"worker ended after its last test ({how})", _logs(talk)


def left_behind(talk: Conversation, processes: Sequence[Sequence[Any]]) -> protocol.WarningRecorded:
    """A warning that names the (process id, command) pairs that the worker's tests had left running."""
    named = ", ".join(f"{command} (pid {pid})" for pid, command in processes)
    return _warning(talk, f"tests left processes running, which have been killed: {named}")


def ended_well_early(talk: Conversation) -> protocol.WarningRecorded | None:
    """A warning if ``pytest.exit(returncode=0)`` has ended the project: it passes, as alone, and is seen."""
    if talk.finished is None or talk.finished.exitstatus or not talk.interrupted or not talk.left:
        return None
    left = f"{len(talk.left)} test{'s' * (len(talk.left) != 1)} did not run, first {talk.left[0]}"
    return _warning(talk, f"ended early with exit code 0: {_reason(talk)}; {left}")


def _warning(talk: Conversation, message: str) -> protocol.WarningRecorded:
    return protocol.WarningRecorded(
        category="PytestWarning",
        module="pytest",
        message=message,
        filename=talk.project.path,
        lineno=0,
        line=None,
        when="runtest",
        nodeid=talk.project.path,
        location=None,
    )


def death_at_exit(talk: Conversation, code: int) -> Problem | None:
    """A process that ends otherwise than the pytest in it: by an ``atexit`` function or a native library."""
    assert talk.finished is not None
    status = talk.finished.exitstatus
    if status not in (0, 1) or code == status:
        return None
    return Problem(
        1,
        f"worker failed while it exited, after its last test ({processes.describe_exit(code)})",
        _logs(talk),
    )


def phase_of_death(talk: Conversation) -> str:
    """The phase that the dead worker's current test was in; a setup is told only together with its call."""
    return "teardown" if "call" in talk.phases else "call"


def _logs(talk: Conversation) -> str:
    """What pytest or a test wrote last: its complaints, else its report."""
    text = last_words(talk.err) or without_header(tail(talk.out)).strip()
    return f"its last output:\n{text}" if text else ""


def count(number: int) -> str:
    return f"{number} test was" if number == 1 else f"{number} tests were"
