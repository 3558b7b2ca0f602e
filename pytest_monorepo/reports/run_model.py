"""What a run did, as plain values: :class:`RunReport`, its projects and its tests.

Filled by :mod:`tally`, read by everything that writes a report. Paths and node ids are relative to the
workspace root; times are seconds since the epoch, durations seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_monorepo.value import value

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed", "quarantined"]

WORST_FIRST: tuple[Outcome, ...] = (
    "error",
    "failed",
    "quarantined",
    "xpassed",
    "xfailed",
    "skipped",
    "passed",
)
BAD: frozenset[Outcome] = frozenset({"error", "failed"})


@value(frozen=True)
class Section:
    """Captured text: ``title`` as pytest words it (``"Captured stdout call"``), ``text`` ANSI codes kept."""

    title: str
    text: str


@value(frozen=True)
class Detail:
    """What there is to read about a test that did not simply pass.

    ``message`` is one line or a few (the exception, the reason of a skip), ``text`` the whole representation
    as pytest prints it; a test that failed and then failed to tear down has both texts, one after the other.
    ``place`` is the line of the test's own file that it failed in, ``raised`` the one that raised, both as
    ``libs/a/tests/test_x.py:12``, and empty where no line is known.
    """

    message: str = ""
    text: str = ""
    sections: tuple[Section, ...] = ()
    place: str = ""
    raised: str = ""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test, or one file that failed or was skipped at collection (then ``name`` is ``""``).

    ``outcome`` is the worst of its phases, ``duration`` their sum; ``started`` is 0 where no report told.
    ``reruns`` counts the attempts before the last one. ``detail`` is ``None`` for a test that passed.
    ``cached`` says of which earlier run a replayed result is.
    """

    __test__ = False

    project: str
    file: str
    name: str
    outcome: Outcome
    duration: float = 0.0
    started: float = 0.0
    worker: str = ""
    reruns: int = 0
    detail: Detail | None = None
    cached: str = ""

    @property
    def nodeid(self) -> str:
        return f"{self.file}::{self.name}" if self.name else self.file


@value(frozen=True)
class Warned:
    """A warning of one place, in one line; ``place`` is ``libs/a/a.py:12``, absolute if it lies outside."""

    category: str
    message: str
    place: str
    count: int = 1


@value(frozen=True)
class ProjectSummary:
    """One project that ran.

    ``counts`` are by category as pytest's own last line counts them: a test that passes and then fails to
    tear down is one ``"passed"`` and one ``"error"``. ``tests`` counts each test once, ``not_run`` those that
    were collected and then not run, since the run or the project was stopped. ``exitstatus`` is
    ``None`` where the project's process did not live to tell; ``error`` is why it failed beyond its tests, in
    one line. ``cached`` counts the tests that were replayed. ``warned`` are the first hundred different
    ones of its ``warnings``.
    """

    path: str
    name: str
    counts: Mapping[str, int] = field(default_factory=dict)
    tests: int = 0
    started: float = 0.0
    stopped: float = 0.0
    exitstatus: int | None = None
    error: str | None = None
    deselected: int = 0
    not_run: int = 0
    warnings: int = 0
    worker: str = ""
    python: str = ""
    pytest: str = ""
    cached: int = 0
    warned: tuple[Warned, ...] = ()

    @property
    def duration(self) -> float:
        """Wall time from the start of its worker to its last report."""
        return max(0.0, self.stopped - self.started)

    @property
    def failures(self) -> int:
        return self.counts.get("failed", 0) + self.counts.get("error", 0)

    @property
    def ok(self) -> bool:
        return not self.failures and self.error is None


@value(frozen=True)
class RunReport:
    """The whole run. ``projects`` and ``tests`` are sorted by path; ``name`` is the workspace's folder.

    ``filters`` are the options that left tests out (``"-k slow"``, ``"--lf"``), as the user wrote them: with
    any, counts are of a part. Coverage and thresholds must say so.
    """

    name: str
    started: float
    duration: float
    exitstatus: int
    projects: tuple[ProjectSummary, ...] = ()
    tests: tuple[TestRun, ...] = ()
    filters: tuple[str, ...] = ()
