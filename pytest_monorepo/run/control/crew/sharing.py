"""Workers that find modules imported: which server they are forked from, and why not."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping

from pytest_monorepo.run.plan import imports, texts
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.plan.preload import Candidate
from pytest_monorepo.run.workers.interface import Workers
from pytest_monorepo.run.workers.pool import Pool
from pytest_monorepo.run.workers.server import Server
from pytest_monorepo.worker import protocol

PATIENCE = 0.0
"""Seconds that a worker waits for its server: until it is ready projects import for themselves meanwhile."""

_Group = tuple[str, tuple[str, ...]]
"""An interpreter, and the modules that a server of it imports."""

_OURS = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")


class Sharing:
    """``refused`` are modules by interpreter, with the reason; ``whys`` projects that import for themselves.

    ``served`` maps the projects whose workers found modules imported to those.
    """

    def __init__(self, plan: Plan, pool: Workers) -> None:
        self.plan = plan
        self.pool = pool if isinstance(pool, Pool) else None
        self.refused: dict[str, dict[str, imports.Refusal]] = {}
        self.whys: dict[str, str] = dict(plan.preload.whys)
        self.served: dict[str, tuple[str, ...]] = {}
        self._asked: dict[_Group, tuple[Server, float]] = {}
        self._waiting: dict[_Group, set[str]] = {}

    def begin(self) -> None:
        """Start the servers; what they import they import while the first projects run."""
        for path, candidate in self.plan.preload.candidates.items():
            modules, _ = self._server(path, candidate)
            group = (self.plan.interpreter(path).executable, modules)
            if path not in self.plan.preload.served.get(group, {path}):
                self._waiting.setdefault(group, set()).add(path)
        if self.pool is not None:
            self.pool.retire_sharing(server for server, _ in self._asked.values())

    @property
    def importing(self) -> int:
        """How many servers are at it, those left out that take much longer than the imports ever took."""
        return len(self._at_it)

    @property
    def _at_it(self) -> list[_Group]:
        now = time.monotonic()
        return [
            group
            for group, (server, until) in self._asked.items()
            if server.ready is None and server.failure is None and now < until
        ]

    @property
    def awaited(self) -> Collection[str]:
        """Projects that had better not begin yet.

        Each would import the same at the same time, and be no further at the end, for another processor's
        time; so they wait for a server that has imported it in the last run, and nobody objected.
        """
        return set[str]().union(*(self._waiting.get(group, ()) for group in self._at_it))

    @property
    def next_look(self) -> float | None:
        """Seconds until those that wait begin all the same."""
        ends = [self._asked[group][1] for group in self._at_it if group in self._waiting]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    @property
    def groups(self) -> Mapping[_Group, frozenset[str]]:
        """As :class:`.imports.Served` keeps them."""
        ready = [group for group, (one, _) in self._asked.items() if one.ready and one.failure is None]
        before, candidates = self.plan.preload.served, self.plan.preload.candidates
        others = {group: self.whys.keys() | before.get(group, frozenset()) for group in ready}
        return {group: frozenset(others[group] & candidates.keys() - self.served.keys()) for group in ready}

    def modules(self, path: str, job: protocol.Job) -> tuple[str, ...]:
        """What a worker on ``job`` is to find imported: all of one server's modules, or none."""
        candidate = self.plan.preload.candidates.get(path)
        if candidate is None or self.pool is None or job.coverage is not None:
            return ()
        modules, told = self._server(path, candidate)
        if not isinstance(told, protocol.Shared):
            return ()
        if why := _why_not(candidate, told, job):
            self.whys[path] = why
            return ()
        self.served[path] = modules
        return modules

    def _server(self, path: str, candidate: Candidate) -> tuple[tuple[str, ...], object]:
        """The modules that are not refused, and what their server has said once it is ready."""
        assert self.pool is not None
        python, root = self.plan.interpreter(path).executable, self.plan.workspace.root
        while True:
            refused = self.refused.setdefault(python, {})
            allowed = None if self.plan.settings.preload == "auto" else self.plan.settings.preload
            modules = imports.without(candidate.modules, refused, allowed)
            if not modules:
                return (), None
            try:
                server = self.pool.share(python, root, modules)
            except OSError:
                return (), None
            if server is None:
                return (), None
            took = sum(self.plan.preload.known.seconds.get(path, {}).get(name, 0.0) for name in modules)
            self._asked.setdefault((python, modules), (server, time.monotonic() + 10 + 10 * took))
            self.pool.attend(server, PATIENCE)
            if not isinstance(server.shared, protocol.CannotShare):
                ready = server.ready is not None and server.failure is None
                return modules, server.shared if ready else None
            told = server.shared
            refused[told.module] = imports.Refusal(told.reason, tuple(told.instead))


def _why_not(candidate: Candidate, told: protocol.Shared, job: protocol.Job) -> str:
    having = candidate.tops.intersection(told.tops) | candidate.folders.intersection(told.missing)
    if own := sorted(having):
        what = own[0] if own[0].endswith(".dist-info") else f"a module {own[0]}"
        return f"it may have {what} of its own"
    if variable := texts.set_among(candidate.texts, told.reads):
        return f"it may set {variable}, which an import asks for"
    differing = {
        name: value
        for name, value in job.environ.items()
        if name not in _OURS and os.environ.get(name) != value
    }
    return f"its variable {sorted(differing)[0]} is its own" if differing else ""
