"""Which files of a workspace hold code, whose they are, and which of them a dotted name means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from .model import ROOT, Project, Workspace
from .tree import child

CODE = (".py", ".pyw", ".pyx")
_TEST_FOLDERS = frozenset(("tests", "test"))


class Found(NamedTuple):
    """How many parts of a name exist, and the file they lead to: ``None`` for a mere folder."""

    depth: int = 0
    path: str | None = None


def parent(path: str) -> str:
    """The folder that holds a path."""
    return path.rpartition("/")[0] or ROOT


def test_side(project: Project, path: str) -> bool:
    """Whether only the tests of ``project`` see the file, by its place.

    A test file, a conftest, or anything in a folder ``tests`` or ``test``.
    """
    inside = path if project.path == ROOT else path[len(project.path) + 1 :]
    *folders, name = inside.split("/")
    return name == "conftest.py" or not _TEST_FOLDERS.isdisjoint(folders) or path in project.test_files


class CodeFiles:
    """The code of a workspace by folder and by project."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.files = frozenset(workspace.files)
        self._owners: dict[str, Project | None] = {ROOT: workspace.by_path.get(ROOT)}

    @cached_property
    def folders(self) -> Mapping[str, list[str]]:
        """Every folder that directly holds code, with the paths of its files."""
        found: dict[str, list[str]] = {}
        for path in self.workspace.files:
            if path.endswith(CODE):
                folder = path.rpartition("/")[0] or ROOT
                if folder in found:
                    found[folder].append(path)
                else:
                    found[folder] = [path]
        return found

    @cached_property
    def by_project(self) -> Mapping[str | None, list[str]]:
        """The files that may import; under ``None`` those of no project. A text with doctests is code too."""
        found: dict[str | None, list[str]] = {project.path: [] for project in self.workspace.projects}
        found[None] = []
        for folder, paths in self.folders.items():
            owner = self.owner(folder)
            found[owner.path if owner else None] += paths
        for project in self.workspace.projects:
            found[project.path] += (path for path in project.test_files if not path.endswith(CODE))
        return found

    def owner(self, folder: str) -> Project | None:
        """The project that holds a folder."""
        if folder not in self._owners:
            self._owners[folder] = self.workspace.by_path.get(folder) or self.owner(parent(folder))
        return self._owners[folder]

    def find(self, root: str, parts: list[str]) -> Found:
        """The longest start of a dotted name that exists below ``root``."""
        for depth in range(len(parts), 0, -1):
            place = child(root, "/".join(parts[:depth]))
            for path in (f"{place}.py", f"{place}/__init__.py", f"{place}.pyx"):
                if path in self.files:
                    return Found(depth, path)
            if place in self._all_folders:
                return Found(depth)
        return Found()

    def best(self, roots: Iterable[str], parts: list[str]) -> Found:
        """The longest of what exists below any of ``roots``; the first one where several are equal."""
        return max((self.find(root, parts) for root in roots), key=lambda found: found.depth, default=Found())

    @cached_property
    def _all_folders(self) -> frozenset[str]:
        found = {ROOT}
        for folder in self.folders:
            while folder not in found:
                found.add(folder)
                folder = parent(folder)
        return frozenset(found)
