"""The names under which a project may find modules of its workspace: an import for all means others."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.run.plan import texts
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.worker.preload import homes
from pytest_monorepo.workspace.model import ROOT, Project


class Found(NamedTuple):
    """``tops`` are names of modules and packages, ``folders`` of what is one where nobody has a module.

    Among the latter are distributions, see :func:`.homes.token_of`.
    """

    tops: frozenset[str]
    folders: frozenset[str]

    def __or__(self, other: Found) -> Found:
        return Found(self.tops | other.tops, self.folders | other.folders)


class Importable:
    """What lies within each project's reach, by the files that git knows and by what the disk has besides."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._listed: dict[str, Found] = {}

    def by(self, project: Project, own: texts.Texts) -> Found:
        """What the project's files name, in whichever folder of its own; ``own`` is what they say.

        Where they change the path of modules, or a setting leads out of the project, it is what any file of
        the workspace names: who looks for a module in vain would take it from there.
        """
        files = owned(self._plan, project)
        code = [path for path in files if path.endswith(texts.CODE)]
        found = Found(texts.top_names(code) | own.modules, texts.folder_names(files) | own.folders)
        packages = {posixpath.dirname(path) for path in code if posixpath.basename(path) == "__init__.py"}
        folders = {project.path, *(above for path in code for above in self._around(path))} - packages
        if self.leads_out(project, own):
            found |= self._all
        for folder in {*folders, *project.pythonpath, *self._above(project)}:
            found |= self._on_disk(folder)
        return found

    @cached_property
    def _all(self) -> Found:
        files = self._plan.workspace.files
        # the path may lead into a package, too
        modules = {posixpath.basename(path).partition(".")[0] for path in files if path.endswith(texts.CODE)}
        return Found(texts.top_names(files) | modules, texts.folder_names(files))

    @cached_property
    def _packages(self) -> frozenset[str]:
        files = self._plan.workspace.files
        return frozenset(posixpath.dirname(one) for one in files if posixpath.basename(one) == "__init__.py")

    def leads_out(self, project: Project, own: texts.Texts) -> bool:
        """Whether modules may be found elsewhere: also where a word of its settings may name tests there."""
        settings = project.settings
        if own.paths or not all(_is_within(folder, project.path) for folder in project.pythonpath):
            return True
        words = (*settings.testpaths, *settings.addopts, *self._plan.settings.of(project.path).args)
        return any(".." in word for word in words)

    def _above(self, project: Project) -> Iterator[str]:
        """The folders that pytest puts on the path for the project's packages and for conftests above it."""
        above = [posixpath.dirname(path) for path in self._plan.workspace.conftests(project)]
        for folder in (project.path, *(one for one in above if not _is_within(one, project.path))):
            place = "" if folder == ROOT else folder
            while place and place in self._packages:
                place = posixpath.dirname(place)
            yield place

    def _around(self, path: str) -> Iterator[str]:
        """The folders of its project that hold the file: ``src`` may hold packages alone."""
        owner, folder = self._plan.workspace.owner(path), posixpath.dirname(path)
        while owner is not None and _is_within(folder, owner.path):
            yield folder
            if folder in ("", owner.path):
                return
            folder = posixpath.dirname(folder)

    def _on_disk(self, folder: str) -> Found:
        if folder not in self._listed:
            self._listed[folder] = _listing(self._plan.workspace.root / folder)
        return self._listed[folder]


def owned(plan: Plan, project: Project, ends: tuple[str, ...] = ("",)) -> Sequence[str]:
    """Files of the project and of those that it needs, whose names end with one of ``ends``."""
    workspace = plan.workspace
    wanted = {project.path, *plan.graph.transitive_dependencies(project.path)}
    return [
        path
        for path in workspace.files
        if path.endswith(ends) and (owner := workspace.owner(path)) is not None and owner.path in wanted
    ]


def _is_within(folder: str, other: str) -> bool:
    if other == ROOT:
        return not posixpath.isabs(folder) and folder.partition("/")[0] != ".."
    return folder == other or folder.startswith(f"{other}/")


def _listing(folder: os.PathLike[str]) -> Found:
    """What may be imported from there, what git ignores included."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return Found(frozenset(), frozenset())
    modules = {name.partition(".")[0] for name in names if name.endswith((*texts.CODE, ".pyc"))}
    folders = {name for name in names if name.isidentifier()}
    packages = {name for name in folders if os.path.exists(os.path.join(folder, name, "__init__.py"))}
    return Found(frozenset(modules | packages), frozenset(folders | _distributions(folder, names)))


def _distributions(folder: os.PathLike[str], names: Sequence[str]) -> set[str]:
    found = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
    pointing = any(os.path.exists(os.path.join(folder, name, "entry_points.txt")) for name in found)
    return {homes.token_of(name.rpartition(".")[0].partition("-")[0]) for name in found} | (
        {homes.token_of("*")} if pointing else set()
    )
