"""A cluster is made ready for one run: connected to, given the code, compared, and its agents started."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import os
import queue
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_monorepo import limits
from pytest_monorepo.errors import MonorepoError, one_line
from pytest_monorepo.results.entries import key
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.workers import processes
from pytest_monorepo.settings import ClusterSettings

from . import address as addresses
from . import credentials
from .address import Address
from .dask_link import DaskLink
from .joining.found import Found, named, spread
from .joining.readying import Readying
from .joining.unsent import Unsent
from .link import Arrival, Gone
from .node import clocks, service
from .pool import ClusterPool
from .tree.store import RUN
from .words import Brief


@dataclass
class Cluster:
    """``pool`` has its workers, once :meth:`open` has been called; ``notes`` are for the run's header.

    ``top`` is the folder that the nodes have, the repository's.
    """

    address: Address
    tmp: Path
    link: DaskLink
    pool: ClusterPool
    options: Mapping[str, Any]
    found: list[Found] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sent_at: int = 0
    asked: int | None = None
    unsent: Unsent | None = None
    top: Path = Path()

    @classmethod
    def begin(cls, word: str, cwd: Path, tmp: Path, **options: Any) -> Cluster:
        """``options`` are those of :class:`Pool` for the nodes' pools."""
        address = addresses.parse(word, cwd)
        _require_dask(word)
        if address.encrypted:
            credentials.check(word)
        arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        link = DaskLink(address, tmp, arrivals)
        cluster = cls(address, tmp, link, ClusterPool(link, arrivals, traced=options["traced"]), options)
        cluster.pool.fork = options["fork"]
        cluster.pool.since = lambda: cluster.sent_at
        return cluster

    # -- connecting

    def connect(self, settings: ClusterSettings, workers: int | None) -> int:
        """Find nodes; how many workers they have room for.

        ``workers`` are how many are asked for. Raises :class:`MonorepoError` where none is to be found.
        """
        addresses.check(self.address, insecure=settings.insecure)
        self.pool.silence = settings.silence
        self.asked = workers
        wanted = workers or limits.cores()
        slots = -(-wanted // self.address.local) if self.address.local else 0
        self.link.wait_for(self.link.connect(slots, settings.wait))
        with self._scheduler():
            self.found = self._find(settings)
        return sum(node.slots for node in self.found)

    def _find(self, settings: ClusterSettings) -> list[Found]:
        until = time.monotonic() + settings.wait
        while True:
            there = self.link.wait_for(self.link.addresses())
            if there and (len(there) >= self.address.local):
                return self._admitted(there, settings)
            if time.monotonic() > until:
                raise MonorepoError(
                    f"--cluster {self.address.word}: no node has come within {settings.wait:g}s: start some"
                    " with dask worker, or wait longer with cluster-wait"
                )
            time.sleep(0.1)

    def _admitted(self, there: Mapping[str, int], settings: ClusterSettings) -> list[Found]:
        admitted = []
        for url in sorted(there):
            said = addresses.complaint(url, insecure=settings.insecure, what="node")
            if said is None:
                admitted.append(url)
            else:
                self.notes.append(said)
        self.link.known.update(there)
        answers = self.link.wait_for(self._ask(admitted))
        found = [one for one in answers if isinstance(one, Found)]
        self.notes += [str(one) for one in answers if not isinstance(one, Found)]
        if not found:
            raise MonorepoError("\n".join([f"--cluster {self.address.word}: no node can work", *self.notes]))
        return named(found)

    async def _ask(self, urls: Iterable[str]) -> Sequence[Found | str]:
        return await asyncio.gather(*(self._ask_one(url) for url in urls))

    async def _ask_one(self, url: str) -> Found | str:
        asked = time.time()
        try:
            facts = await asyncio.wait_for(self.link.call(url, service.facts), 60)
        except Exception as error:
            said = f"node {url} is left out: {one_line(error)}"
            return f"{said}; is this version of pytest-monorepo installed there?"
        ahead = clocks.ahead(float(facts.get("clock", asked)), asked, time.time())
        return Found(str(facts["name"]), url, int(facts["slots"]), facts, ahead=ahead)

    # -- opening

    def open(self, plan: Plan) -> Plan:
        """Make the nodes ready for what is planned; the plan with the machine of each worker.

        Raises :class:`MonorepoError` where none of them can work.
        """
        self.sent_at = time.time_ns()
        base = str(self.tmp / "nodes") if self.address.local else None
        readying = Readying(self.link, plan, base)
        with self._scheduler():
            ready = self.link.wait_for(readying.ready(self.found))
        self.notes += [*readying.notes]
        self.unsent, self.top = readying.unsent, readying.top
        packages = sorted({package for project in plan.workspace.projects for package in project.packages})
        self.pool.own = {"top": str(plan.workspace.root), "packages": packages}
        self.link.wait_for(self._open_all(ready, plan))
        self.pool.opened()
        if not self.pool.slots:
            raise MonorepoError("\n".join([f"--cluster {self.address.word}: no node can work", *self.notes]))
        if not self.asked:
            self.link.welcome = lambda url: self._welcome(url, readying)
        found = spread(self.pool.slots)
        places, spares = found[: plan.workers], found[plan.workers :]
        return replace(plan, places=places, spares=spares, workers=len(places))

    async def _welcome(self, url: str, readying: Readying) -> None:
        """A node that comes while the run goes on gets the code that all have, or is left alone."""
        insecure = readying.settings.insecure
        if addresses.complaint(url, insecure=insecure, what="node") is not None:
            return
        found = await self._ask_one(url)
        if isinstance(found, Found):
            self.found = named([*self.found, found])
            for node in await readying.ready(self.found[-1:]):
                await self._open(node, readying.plan)

    async def _open_all(self, nodes: Sequence[Found], plan: Plan) -> None:
        await asyncio.gather(*(self._open(node, plan) for node in nodes))

    async def _open(self, node: Found, plan: Plan) -> None:
        brief = self._brief(node, plan, self.link.token(node.name))
        keep = plan.settings.cluster.keep
        try:
            await self.link.open(node.name, node.address, brief, node.slots, keep)
        except Exception as error:  # whatever Dask or the node raises: it went just now, or cannot work
            words = one_line(error)
            self.notes.append(f"node {node.name} is left out: {words}")
            self.link.arrivals.put(Gone(node.name, words))

    @contextlib.contextmanager
    def _scheduler(self) -> Iterator[None]:
        """A scheduler that goes before the first test is an error like one that was never there."""
        try:
            yield
        except (OSError, asyncio.TimeoutError) as error:  # Dask's CommClosedError is an OSError
            raise MonorepoError(
                f"--cluster {self.address.word}: the scheduler was lost before the first test:"
                f" {one_line(error)}"
            ) from None

    def _brief(self, node: Found, plan: Plan, token: str) -> Brief:
        local = bool(self.address.local)
        scratch = (
            str(self.tmp / "nodes") if local else os.path.join(str(node.facts["scratch"]), "pytest-monorepo")
        )
        tmp = os.path.join(scratch, f"{RUN}{token[-8:]}")
        folders = {str(plan.workspace.root): node.root, str(self.tmp): tmp}
        if plan.basetemp is not None:
            folders[str(plan.basetemp)] = os.path.join(tmp, "basetemp")
        folders[str(self.top)] = _above(node.root, plan.workspace.root, self.top)
        return Brief(
            node=node.name,
            token=token,
            tmp=tmp,
            folders=folders,
            pythons=dict(node.pythons),
            litter=str(self.tmp) if local else tmp,
            fork=bool(self.options["fork"]),
            autoload=bool(self.options["autoload"]),
            unwanted=list(self.options["unwanted"]),
            environ=dict(os.environ) if local else environment(os.environ, plan.settings.cluster.env),
            whole_environ=local,
            flags={python: processes.own_flags(python) for python in node.pythons},
            without=list(node.facts["without"]),
            lease=max(plan.settings.cluster.silence, 20.0),
            tick=plan.settings.cluster.silence / 5,
            ahead=node.ahead,
            **self._traced(plan, node.pythons),
        )

    def _traced(self, plan: Plan, pythons: Iterable[str]) -> dict[str, Any]:
        if not self.pool.traced:
            return {}
        current, root = Current(Digests()), plan.workspace.root
        homes = {python: [*map(list, Places.of(root, python))] for python in pythons}
        return {
            "traced": True,
            "homes": homes,
            "machines": {python: key.machine(python, current) for python in homes},
        }


def _above(root: str, here: Path, top: Path) -> str:
    """The folder on a node that ``top`` is here, above the workspace ``here``."""
    steps = len(Path(os.path.realpath(here)).relative_to(top).parts)
    return os.path.normpath(os.path.join(root, *[os.pardir] * steps)) if steps else root


def _require_dask(word: str) -> None:
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise MonorepoError(
            f"--cluster {word}: Dask is not installed here: pip install 'pytest-monorepo[cluster]'"
        )


def environment(environ: Mapping[str, str], globs: Sequence[str]) -> dict[str, str]:
    """What workers elsewhere get of the variables here.

    Pytest's own, Python's that stand for flags, and those that the settings name.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in _OF_PYTEST or name in _OF_PYTHON or any(fnmatch.fnmatchcase(name, glob) for glob in globs)
    }


# what pytest and its terminal read (docs.pytest.org: reference, environment variables), and the hash seed
_OF_PYTEST = {
    "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "PYTEST_THEME",
    "PYTEST_THEME_MODE",
    "PY_COLORS",
    "NO_COLOR",
    "FORCE_COLOR",
    "PYTHONHASHSEED",
}

# what changes a test's answer and names nothing of this machine; -O, -W and -X are told as flags
_OF_PYTHON = {
    "PYTHONASYNCIODEBUG",
    "PYTHONDEVMODE",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONNODEBUGRANGES",
    "PYTHONTRACEMALLOC",
    "PYTHONUTF8",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHON_GIL",
}
