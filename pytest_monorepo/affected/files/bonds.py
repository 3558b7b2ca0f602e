"""What binds the test files of a project together, so that none of them can be left out. Pure.

A hook of pytest may be called for the whole session, a plugin and an entry point are loaded without an
import, and of a file that nothing loads nobody knows what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Project, Workspace

from .arrows.closure import Loads
from .collisions import Collisions


def _nobody(project: str) -> bool:
    return False


@dataclass(frozen=True)
class Bonds:
    """``ways`` are those of the changed files. ``hooked`` are the files with hooks of pytest, ``plugins``
    those that are loaded into every run. ``registered`` tells of a project whether its manifests name entry
    points. ``brought`` are the pairs of projects of which a published package has the first one need the
    second one. ``binding`` are files with tests that need others, ``tests`` the test files of all states
    compared. ``collisions`` knows what the changed files' names may hide.
    """

    workspace: Workspace
    graph: Graph
    loads: Loads
    ways: Mapping[str, tuple[str, ...]]
    hooked: Collection[str] = ()
    plugins: Collection[str] = ()
    registered: Callable[[str], bool] = _nobody
    binding: Collection[str] = ()
    brought: Collection[tuple[str, str]] = ()
    tests: Collection[str] = ()
    collisions: Collisions | None = None

    def reason(self, project: Project, reaching: Collection[Spread]) -> str | None:
        """Why all files of a project run that the changes ``reaching`` reach; ``None``: they need not."""
        return next(self._reasons(project, reaching), None)

    def _reasons(self, project: Project, reaching: Collection[Spread]) -> Iterator[str]:
        for one in reaching:
            if self._is_alone(one.path, project):
                yield f"{one.path} changed, which nothing imports"
        if self.collisions is not None:
            yield from self.collisions.reasons(project, (one.path for one in reaching if one.code))
        for path in self._hooks_of(project):
            yield f"{self.ways[path][0]} reaches the hooks of {path}"
        for path in self.plugins:
            if path in self.ways:
                yield f"{self.ways[path][0]} reaches the plugin {path}"
        for path, changed in self._entered.items():
            plugin = self.workspace.by_path[path].pytest_plugin
            if plugin or path in (project.path, *self.graph.transitive_dependencies(project.path)):
                yield f"{changed} reaches {path}, which has entry points"
        for dependent, path in self.brought:
            if path in self._reached and (
                dependent == project.path or dependent in self.graph.transitive_dependencies(project.path)
            ):
                # what it imports lies in site-packages, where nobody looks
                yield f"{self._reached[path]} reaches {path}, which a published package of {dependent} needs"

    def _is_alone(self, path: str, project: Project) -> bool:
        if not path.endswith(CODE) or path.endswith("conftest.py") or path in self.tests:
            return False
        if self.workspace.owner(path) not in (None, project):
            return False
        return not self.loads.loaders.get(path)

    def _hooks_of(self, project: Project) -> Iterator[str]:
        """The files with hooks that a change reaches and a conftest or test of the project loads."""
        for conftest in self.workspace.conftests(project):
            if conftest in self.ways and conftest in self.hooked:
                yield conftest
        for path in (*self.workspace.conftests(project), *project.test_files):
            if path in self.ways:
                yield from (
                    loaded
                    for loaded in sorted(self.loads.arrows.get(path, ()))
                    if loaded in self.ways and loaded in self.hooked
                )

    @cached_property
    def _reached(self) -> Mapping[str, str]:
        """The projects of which a change reaches more than tests → a changed file."""
        owners = (
            (self.workspace.owner(path), way[0]) for path, way in self.ways.items() if path not in self.tests
        )
        return {owner.path: changed for owner, changed in owners if owner is not None}

    @cached_property
    def _entered(self) -> Mapping[str, str]:
        """The projects with entry points of which a change reaches more than tests → a changed file."""
        found: dict[str, str] = {}
        known: dict[str, bool] = {}
        for path, way in self.ways.items():
            owner = None if path in self.tests else self.workspace.owner(path)
            if owner is None:
                continue
            if owner.path not in known:
                known[owner.path] = self.registered(owner.path)
            if known[owner.path]:
                found.setdefault(owner.path, way[0])
        return found
