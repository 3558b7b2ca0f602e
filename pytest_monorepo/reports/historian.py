"""Remembers the run beside those before it: reports become :mod:`~pytest_monorepo.results.history`."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.results.history import folder
from pytest_monorepo.results.history.lineage import Asked, nothing
from pytest_monorepo.results.history.record import Figures, Happened, Record

from .run_model import BAD

if TYPE_CHECKING:
    from pytest_monorepo.affected.git.checkout import Checkout
    from pytest_monorepo.results.history import story

    from .coverage.model import CoverageReport
    from .origin import Origin
    from .run_model import RunReport
    from .tally import Tally

PAGE, STORE = 2_000, 50_000
"""How many tests that passed are remembered of a run beside the page and in the store."""


def key_of(checkout: Checkout) -> str:
    """Equal where sources and interpreter are; empty where the files are not those of a commit."""
    if not checkout.tree or checkout.uncommitted:
        return ""
    told = (checkout.tree, sys.platform, platform.machine(), platform.python_version())
    return hashlib.sha256("\0".join(told).encode("ascii")).hexdigest()[:16]


def record(
    run: RunReport,
    number: str,
    origin: Origin,
    coverage: CoverageReport | None,
    whole: Callable[[str], bool] = lambda project: True,
    proven: Mapping[str, str] | None = None,
    expected: Collection[str] = (),
) -> Record:
    """What is remembered of a run; ``whole`` says which projects were asked for in full.

    ``proven`` are tests that gave one thing and another in it, in words, ``expected`` all projects with
    tests.
    """
    percent = {
        project.path: project.all.percent
        for project in (coverage.projects if coverage is not None else ())
        if project.all is not None and project.all.countable
    }
    total = coverage.total.percent if coverage is not None and coverage.total.countable else None
    figures = {
        project.path: Figures(
            project.tests,
            project.failures,
            round(project.duration, 3),
            percent.get(project.path),
            project.cached,
        )
        for project in run.projects
    }
    return Record(
        run=number,
        started=run.started,
        seconds=round(run.duration, 3),
        exitstatus=run.exitstatus,
        key=key_of(origin.checkout),
        commit=origin.checkout.commit,
        branch=origin.branch,
        page=origin.page,
        count=len(run.tests),
        failures=sum(test.outcome in BAD for test in run.tests),
        quarantined=sum(test.outcome == "quarantined" for test in run.tests),
        coverage=None if coverage is None or coverage.partial else total,
        left_out=len(set(expected) - figures.keys()),
        projects=figures,
        whole=frozenset(_wholes(run, whole)),
        tests={
            test.nodeid: Happened(test.outcome, round(test.duration, 4), test.reruns, bool(test.cached))
            for test in run.tests
        },
        proven=proven or {},
    )


def _wholes(run: RunReport, whole: Callable[[str], bool]) -> Sequence[str]:
    return [
        project.path
        for project in run.projects
        if project.exitstatus in (0, 1)
        and project.error is None
        and not (project.deselected or project.not_run)
        and whole(project.path)
    ]


class Historian:
    """``beside`` is the page's history, ``kept`` that of the store.

    ``parents`` says how commits hang together. :class:`Remembering` is what hears of the end: before 8.4
    pytest reads every attribute of a plugin while it looks for fixtures (``parsefactories`` in
    _pytest/fixtures.py), and would have what is kept here made as a run begins.
    """

    def __init__(
        self,
        tally: Tally,
        number: str,
        origin: Origin,
        coverage: Callable[[], CoverageReport | None],
        whole: Callable[[str], bool],
        beside: Path | None = None,
        kept: Path | None = None,
        proven: Callable[[], Mapping[str, str]] = dict,
        expected: Collection[str] = (),
        parents: Asked = nothing,
    ) -> None:
        self._tally = tally
        self._number = number
        self.origin = origin
        self._coverage = coverage
        self._whole = whole
        self._proven = proven
        self._expected = expected
        self._parents = parents
        self._asked = beside is not None
        self._places = [(place, most) for place, most in ((beside, PAGE), (kept, STORE)) if place is not None]

    @cached_property
    def now(self) -> Record:
        """Asked for when the session ends."""
        run = self._tally.report()
        known = (self._coverage(), self._whole, self._proven(), self._expected)
        return record(run, self._number, self.origin, *known)

    @cached_property
    def story(self) -> story.Story:
        """Likewise; most runs are only remembered, and need not load what tells of others."""
        from pytest_monorepo.results.history import story

        owners = {test.nodeid: test.project for test in self._tally.report().tests}
        workspace_owner = self._tally.owner

        def owner(nodeid: str) -> str:
            return owners.get(nodeid) or workspace_owner(nodeid)

        known = folder.read([place for place, _ in self._places])
        return story.told(known, self.now, owner, self._parents)

    def remember(self) -> None:
        """Write the run beside those before it."""
        # all earlier runs are read only where somebody asks, or some of this one's tests have to be left out
        crowded = any(len(self.now.tests) > most for _, most in self._places)
        also = self.story.notable if crowded or self._asked else ()
        for place, most in self._places:
            # nobody waits for it: what cannot be written is one run that is not remembered
            folder.write(place, self.now, most, also=also)

    def runs_of(self, tests: Callable[[str], bool]) -> tuple[int, int]:
        """As :func:`~pytest_monorepo.results.history.story.in_a_row`, this run included."""
        from pytest_monorepo.results.history import story

        return story.in_a_row(self.story.runs, tests)


class Remembering:
    """Registered in the controller, for a historian who is not."""

    def __init__(self, historian: Historian) -> None:
        self._remember = historian.remember

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._remember()
