"""What one worker has said so far: values only."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

if TYPE_CHECKING:
    from .queue import Queue

Location = tuple[str, int | None, str]


@value(frozen=False)
class Conversation:
    """The state of one worker.

    ``out`` and ``err`` are its log files; ``started`` and ``last_heard`` are in seconds of the monotonic
    clock. ``verdicts`` are (plugin, exit status) of those that changed the project's exit status. ``taken``
    are the indices it took from its project's ``queue``; ``served_out`` that it was told there are no more.
    ``asking_since`` is set while somebody at the terminal is asked. ``verdict`` says why it is ended at
    ``kill_at``; ``out_of_time`` that nothing of its project shall run after it. ``cached`` says for each file
    from where the words of an earlier run are that are said again here. ``place`` is its machine where there
    are several. ``shared``: it was forked where modules are imported already.
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
    file: str = ""
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
    place: str = ""
    shared: bool = False
    withdrawn: int = 0
    cached: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        return f"gw{self.slot}"

    @cached_property
    def lane(self) -> str:
        """Where it stands in a timeline: the machine first, so that the lanes of one lie together."""
        return f"{self.place}/{self.id}" if self.place else self.id

    def __post_init__(self) -> None:
        self.last_heard = self.started

    @property
    def idle(self) -> bool:
        """A helper that has taken no test: however it ends, nothing is lost with it."""
        return self.task.assists and not self.taken

    @property
    def is_first(self) -> bool:
        """Of its project: what it says of the collection, helpers and successors of the dead say again."""
        return not (self.task.assists or self.task.restarts)

    @property
    def exitstatus(self) -> int:
        """pytest's own, as it would be without the failures that are withdrawn."""
        assert self.finished is not None
        status = self.finished.exitstatus
        return 0 if status == 1 and 0 < self.failures == self.withdrawn else status

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
        self.location = _location(message)
        self.file = sys.intern(message.nodeid.partition("::")[0])
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


def _location(message: protocol.TestStarted) -> Location:
    """All tests of a file have the same text in it: pytest keeps the reports of 100,000."""
    try:
        file, line, domain = message.location
        return sys.intern(file), line, sys.intern(domain)
    except (TypeError, ValueError):
        raise protocol.ProtocolError(f"no place of a test: {message.location!r:.200}") from None


class Problem(NamedTuple):
    """Why a project counts as failed beyond its tests; ``exitstatus`` is the exit code it stands for."""

    exitstatus: int
    message: str
    text: str = ""


def count(number: int) -> str:
    return f"{number} test was" if number == 1 else f"{number} tests were"
