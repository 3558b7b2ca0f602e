"""What is known of each project while it runs: its workers, its figures. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from pytest_monorepo.records import ProjectRun
from pytest_monorepo.run.plan.schedule import MAX_RESTARTS, Task
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

from . import exit_codes
from .conversation import Problem, count
from .queue import Queue


@value(frozen=False)
class Progress:
    """One project. ``started`` is in epoch seconds; ``expected`` the number of tests of earlier runs.

    ``logs``, ``hello`` and ``worker`` are its first worker's. ``seconds`` and ``counts`` are per test file.
    ``whole`` and ``said`` are as in :class:`ProjectRun`. ``problems`` are reasons to fail beyond the tests.
    ``unrun`` counts tests that it has collected and not run, once it has ended; ``reported`` are those of
    its ``collection`` of which workers that have ended have told; ``cut_short`` that it has itself ended
    before its last one; ``beside`` are tests still to be told of that are replayed beside those that run;
    ``helpless`` that a helper which started anew came to run nothing. ``lost_at`` are
    tests that ran on a machine when it was lost. ``replayed`` counts tests that did not run; ``told`` are
    the tests heard of before all runs anew, ``failed`` those that have failed, ``uncollected`` what could not
    be collected. From ``alone_since``, in seconds of the monotonic clock, one worker runs it by itself for a
    while: nobody knows which of its files are one. ``ones`` it has to run. ``gave`` are outcomes
    of tests that did not simply pass, ``bound`` the files of :class:`protocol.Bound`. ``junit`` are its own
    settings of JUnit XML; ``uninstalled`` as in :class:`ProjectRun`.
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
    unrun: int = 0
    beside: int = 0
    reported: set[str] = field(default_factory=set)
    cut_short: bool = False
    helpless: bool = False
    lost_at: dict[str, str] = field(default_factory=dict)
    last_task: Task | None = None
    whole: tuple[tuple[str, str, str], ...] = ()
    said: list[tuple[str, str]] = field(default_factory=list)
    unkept: str | None = None
    junit: dict[str, Any] = field(default_factory=dict)
    uninstalled: tuple[str, ...] = ()
    replayed: int = 0
    told: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    uncollected: set[str] = field(default_factory=set)
    alone_since: float | None = None
    ones: set[str] = field(default_factory=set)
    gave: dict[str, str] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)

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

    def is_done(self, *, owed: bool, stopped: bool) -> bool:
        """``owed``: a worker is at it, or is to run what a dead one left; ``stopped``: none will begin."""
        idle_spares = self.queue is not None and self.queue.groups and self.queue.spare
        return not owed and (stopped or not idle_spares)

    def lost(self) -> Problem | None:
        """Tests that were collected and of which nobody has told are no pass."""
        missing = [] if self.problems or self.cut_short else self.missing
        if not missing:
            return None
        words = f"{count(len(missing))} collected but never reported, first {missing[0]}"
        return Problem(1, words, "\n".join(["not run:", *missing]))

    def unreached(self, reason: str) -> Problem | None:
        """What did not run, and never will: no verdict on the tests, but none is a pass."""
        missing = self.missing
        if self.collected is None:
            return Problem(3, f"did not run: {reason}")
        if not missing:
            return None
        words = f"{len(missing)} of {self.collected} tests did not run: {reason}"
        return Problem(3, words, "\n".join(["not run:", *missing]))

    def ran_whole_files(self, *, narrowed: bool) -> bool:
        """Whether its durations are those of files, not of parts of them."""
        return not (narrowed or self.deselected) and sum(self.counts.values()) == self.collected

    def unfit_to_keep(self, *, stopped: bool) -> str | None:
        """Why what the project's workers said is no result to replay."""
        if self.problems:
            return f"failed last time: {self.problems[0].message}"
        if stopped or self.cut_short:
            return "did not run to its end last time"
        return self.unkept

    def run(self, stopped: float, interpreter: str, cached: str) -> ProjectRun:
        """What there is to report of it; ``stopped`` is in epoch seconds."""
        return ProjectRun(
            project=self.project.path,
            started=stopped if self.started is None else self.started,  # no worker has come to it
            stopped=stopped,
            exitstatus=self.exitstatus,
            collected=self.collected or 0,
            deselected=self.deselected,
            error=self.problems[0].message if self.problems else None,
            worker=self.worker,
            python=self.hello.python if self.hello is not None else "",
            pytest=self.hello.pytest if self.hello is not None else "",
            interpreter=interpreter,
            whole=self.whole,
            said=tuple(self.said),
            cached=cached,
            replayed=self.replayed,
            uninstalled=self.uninstalled,
        )


def too_many_deaths(left: Sequence[str]) -> Problem:
    """For what no worker is started any more."""
    many = f"{len(left)} tests did not run: their worker died {MAX_RESTARTS + 1} times, first {left[0]}"
    return Problem(1, many, "\n".join(["not run:", *left]))
