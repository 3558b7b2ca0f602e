"""What is known of each project while it runs: its workers, its figures. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

from . import exit_codes
from .conversation import Problem
from .queue import Queue
from .schedule import Task


@dataclass
class Progress:
    """One project. ``started`` is in epoch seconds; ``expected`` the number of tests of earlier runs.

    ``logs``, ``hello`` and ``worker`` are its first worker's. ``seconds`` and ``counts`` are per test file.
    ``whole`` and ``said`` are as in :class:`ProjectRun`. ``problems`` are reasons to fail beyond the tests.
    ``reported`` are those of its ``collection`` of which workers that have ended have told; ``cut_short``
    that it has itself ended before its last one; ``helpless`` that a helper which started anew came to run
    nothing. ``junit`` are its own settings of JUnit XML; ``uninstalled`` as in :class:`ProjectRun`.
    """

    project: Project
    expected: int = 0
    weight: float = 0.0
    started: float | None = None
    collected: int | None = None
    deselected: int = 0
    queue: Queue | None = None
    logs: tuple[str, str] = ("", "")
    hello: protocol.Hello | None = None
    worker: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    collection: tuple[str, ...] = ()
    reported: set[str] = field(default_factory=set)
    cut_short: bool = False
    helpless: bool = False
    last_task: Task | None = None
    whole: tuple[tuple[str, str, str], ...] = ()
    said: list[tuple[str, str]] = field(default_factory=list)
    left_behind: bool = False
    junit: dict[str, Any] = field(default_factory=dict)
    uninstalled: tuple[str, ...] = ()

    @property
    def tests(self) -> int:
        """How many tests there are, or as far as is known will be."""
        return self.expected if self.collected is None else self.collected

    def waiting_weight(self) -> float:
        """What of the project's weight is in its queue, for the choice where another worker helps most."""
        if self.queue is None or not self.queue.groups or not self.queue.tests:
            return 0.0
        waiting = sum(len(group) for group in self.queue.groups)
        return max(self.weight, 1e-6) * waiting / len(self.queue.tests)

    @property
    def missing(self) -> list[str]:
        """Tests that were collected and that no worker has told of."""
        return [nodeid for nodeid in self.collection if nodeid not in self.reported]

    @property
    def exitstatus(self) -> int | None:
        """pytest's own for the whole project: the worst that its workers ended with."""
        return exit_codes.worst(self.exit_codes)
