"""Nodes are given the code, and compared with this machine: who can work, and why others cannot."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_monorepo.cluster import fingerprint
from pytest_monorepo.cluster.dask_link import DaskLink
from pytest_monorepo.cluster.fingerprint import Fingerprint
from pytest_monorepo.cluster.node import service
from pytest_monorepo.cluster.node.trees import SETUP_TIME
from pytest_monorepo.cluster.tree import files, packs, repository
from pytest_monorepo.cluster.tree.manifest import Manifest
from pytest_monorepo.cluster.tree.repository import Repository
from pytest_monorepo.errors import MonorepoError, one_line
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.settings import ClusterSettings
from pytest_monorepo.worker.process.environment import canonical_name
from pytest_monorepo.workspace.model import ROOT

from .found import Found
from .locked import locked
from .unsent import Unsent

_CALL = 600.0
"""Seconds for one answer of a node that lives."""

T = TypeVar("T")


@dataclass
class Readying:
    """``base`` is where a node's trees go; ``notes`` say what became of nodes that cannot work."""

    link: DaskLink
    plan: Plan
    base: str | None
    notes: list[str] = field(default_factory=list)
    unsent: Unsent | None = None
    tree: tuple[Path, Manifest, Repository | None] | None = None

    @property
    def top(self) -> Path:
        """The folder that the nodes have."""
        return self.tree[0] if self.tree is not None else self.root

    def __post_init__(self) -> None:
        self.root = self.plan.workspace.root
        self.settings: ClusterSettings = self.plan.settings.cluster

    async def ready(self, nodes: Sequence[Found]) -> list[Found]:
        """Those that have the code and are as this machine is."""
        if self.tree is None:  # who comes later gets the same, though there may be edits by then
            top, found = files.tree_of(self.root, self.settings.include)
            self.tree = top, found, repository.of(top)
        top, tree, git = self.tree
        if self.settings.path is not None:
            with_code = await self._looked_at(nodes, tree)
        else:
            with_code = await self._sent(nodes, top, tree, git)
            self.unsent = Unsent(self.plan.workspace, top, {entry.path for entry in tree.entries})
        return [node for _, node in await self._step(with_code, self._compared)]

    async def _step(
        self, nodes: Sequence[Found], step: Callable[[Found], Coroutine[Any, Any, T]]
    ) -> list[tuple[Found, T]]:
        """What the step says of each node at once; those of which it fails are left out, with a note."""
        answers = await asyncio.gather(*map(step, nodes), return_exceptions=True)
        kept: list[tuple[Found, T]] = []
        left: list[Coroutine[Any, Any, Any]] = []
        for node, answer in zip(nodes, answers, strict=True):
            if not isinstance(answer, BaseException):
                kept.append((node, answer))
                continue
            self.notes.append(f"node {node.name} is left out: {one_line(answer)}")
            left.append(self._ask(node, service.close_tree, self.link.run_id, self.settings.keep))
        await asyncio.gather(*left, return_exceptions=True)
        return kept

    async def _ask(
        self, node: Found, function: Callable[..., Any], *args: object, limit: float = _CALL
    ) -> Any:
        return await asyncio.wait_for(self.link.call(node.address, function, *args), limit)

    # -- the code

    async def _looked_at(self, nodes: Sequence[Found], tree: Manifest) -> list[Found]:
        async def look(node: Found) -> str:
            return str(await self._ask(node, service.compare_tree, self.settings.path, tree.data))

        return [replace(node, root=root) for node, root in await self._step(nodes, look)]

    async def _sent(
        self, nodes: Sequence[Found], top: Path, tree: Manifest, git: Repository | None
    ) -> list[Found]:
        run, keep, data = self.link.run_id, self.settings.keep, tree.data
        told = asdict(git) if git is not None else None

        async def begin(node: Found) -> frozenset[str]:
            self.link.trees[node.address] = keep
            return frozenset(await self._ask(node, service.open_tree, run, self._base(node), data, keep))

        async def finish(node: Found) -> str:
            limit = _CALL + SETUP_TIME  # of which a node makes a sentence
            root, said = await self._ask(
                node, service.finish_tree, run, told, self.settings.setup, limit=limit
            )
            self.notes += [f"node {node.name}: {words}" for words in said]
            return str(root)

        begun = await self._step(nodes, begin)
        groups: dict[frozenset[str], list[str]] = {}
        for node, lacking in begun:
            groups.setdefault(lacking, []).append(node.address)
        for lacking, alike in groups.items():
            for pack in packs.packs(top, tree, lacking):
                alike = await self._took(alike, pack)
        found = await self._step([node for node, _ in begun], finish)
        return [replace(node, root=root) for node, root in found]

    async def _took(self, nodes: list[str], pack: bytes) -> list[str]:
        """Those that are still there when the pack has been taken in, which may happen twice."""
        try:
            await self.link.call_all(nodes, service.take_pack, self.link.run_id, pack)
        except Exception:  # of any of them: finishing its tree says of a node what is lacking
            asked = (self.link.call(node, service.alive) for node in nodes)
            answers = await asyncio.gather(*asked, return_exceptions=True)
            living = [node for node, answer in zip(nodes, answers, strict=True) if answer is True]
            return await self._took(living, pack) if living and living != nodes else living
        return nodes

    def _base(self, node: Found) -> str:
        if self.base is not None:
            return os.path.join(self.base, node.name)
        return os.path.join(str(node.facts["scratch"]), "pytest-monorepo")

    # -- the environment

    async def _compared(self, node: Found) -> Found:
        ours = self._pythons()
        asked = list(ours.items())
        home = str(self.root)
        answers = await self._ask(node, service.ask_fingerprints, asked, home, node.root)
        pythons: dict[str, str] = {}
        for python, (there, text) in answers.items():
            if there is None or text is None:
                raise MonorepoError(f"has no {python}, which runs {self._whose(python)}")
            self._check(python, Fingerprint.of(text))
            pythons[python] = there
        return replace(node, pythons=pythons)

    def _pythons(self) -> dict[str, bool]:
        """Every interpreter of the run, and whether it is the one that runs this."""
        used = [self.plan.interpreter(project.path) for project in self.plan.projects]
        return {interpreter.executable: interpreter.is_current for interpreter in used}

    def _whose(self, python: str) -> str:
        mine = [p.path for p in self.plan.projects if self.plan.interpreter(p.path).executable == python]
        return mine[0] if len(mine) == 1 else f"{mine[0]} and {len(mine) - 1} more"

    def _locked(self, python: str) -> Collection[str] | None:
        """The root's lock says what is in our own environment, a project's what is in the project's."""
        workspace = self.plan.workspace
        folders = {p.path for p in self.plan.projects if self.plan.interpreter(p.path).executable == python}
        if self._pythons()[python]:
            folders.add("")
        return locked(self.root, workspace.files, {"" if path == ROOT else path for path in folders})

    def _check(self, python: str, theirs: Fingerprint) -> None:
        text = fingerprint.ask(python)
        if text is None:
            raise MonorepoError(f"{python} cannot be started here to compare it")
        own = {canonical_name(p.distribution) for p in self.plan.workspace.projects if p.distribution}
        found = fingerprint.differences(Fingerprint.of(text), theirs, self._locked(python), own)
        if found:
            whose = "" if self._pythons()[python] else f", for {self._whose(python)}"
            raise MonorepoError(f"is not as it is here{whose}: {fingerprint.shortened(found)}")
