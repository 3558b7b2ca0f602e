"""Which files of a workspace hold code, whose they are, and which of them a dotted name means. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.workspace.model import ROOT, Project, Workspace

from .listing_delta import holds
from .tree import child

CODE = (".py", ".pyw", ".pyx")
# from here on a set of all files is the quicker way to answer
_MANY_QUESTIONS = 2000
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
    """The code of a workspace by folder and by project.

    Questions about one place look only there; those about many put everything in order first.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._owners: dict[str, Project | None] = {ROOT: workspace.by_path.get(ROOT)}
        self._asked = 0

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        self._asked += 1
        return path in self._files if self._asked > _MANY_QUESTIONS else holds(self.workspace.files, path)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.workspace.files)

    @cached_property
    def folders(self) -> Mapping[str, list[str]]:
        """Every folder that directly holds code, with the paths of its files."""
        return _by_folder(self.workspace.files)

    def folders_of(self, project: Project) -> Mapping[str, list[str]]:
        """Those of :attr:`folders` that lie in the project and in no nested one."""
        if "by_project" in vars(self):
            found = _by_folder(self.by_project[project.path])
        else:
            found = _by_folder(self._below(project.path))
        return {folder: paths for folder, paths in found.items() if self.owner(folder) is project}

    def of(self, project: Project) -> list[str]:
        """The files of the project that may import. A text with doctests is code too."""
        if "by_project" in vars(self):
            return self.by_project[project.path]
        found = [path for paths in self.folders_of(project).values() for path in paths]
        return [*found, *(path for path in project.test_files if not path.endswith(CODE))]

    def included(self, project: Project) -> Mapping[str, bool]:
        """The code in the folders outside its own that the project links to or installs from.

        With each file whether the project's tests alone are known to see it, through a link.
        """
        files = self.workspace.files
        folders = [path for path in project.includes if not holds(files, path)]
        found: dict[str, bool] = {}
        # a test that is no file of the workspace is one behind a link
        through = [path for path in project.test_files if not holds(files, path)] if folders else []
        for folder in folders:
            tests = any(holds(files, folder + rest) for path in through for rest in _ends(path))
            for path in self._below(folder):
                if path.endswith(CODE):
                    found[path] = found.get(path, True) and tests
        return found

    def directly_in(self, folder: str) -> Iterator[str]:
        """The code that the folder itself holds."""
        length = 0 if folder == ROOT else len(folder) + 1
        return (path for path in self._below(folder) if path.endswith(CODE) and "/" not in path[length:])

    @cached_property
    def by_project(self) -> Mapping[str | None, list[str]]:
        """The files of every project that may import; under ``None`` those of no project."""
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
                if self.has(path):
                    return Found(depth, path)
            if self._has_folder(place):
                return Found(depth)
        return Found()

    def best(self, roots: Iterable[str], parts: list[str]) -> Found:
        """The longest of what exists below any of ``roots``; the first one where several are equal."""
        return max((self.find(root, parts) for root in roots), key=lambda found: found.depth, default=Found())

    def _has_folder(self, place: str) -> bool:
        """Whether a folder holds code at any depth."""
        if self._asked > _MANY_QUESTIONS:
            return place in self._all_folders
        return any(path.endswith(CODE) for path in self._below(place))

    def _below(self, folder: str) -> Iterator[str]:
        files, prefix = self.workspace.files, "" if folder == ROOT else folder + "/"
        for at in range(bisect_left(files, prefix), len(files)):
            if not files[at].startswith(prefix):
                return
            yield files[at]

    @cached_property
    def _all_folders(self) -> frozenset[str]:
        found = {ROOT}
        for folder in self.folders:
            while folder not in found:
                found.add(folder)
                folder = parent(folder)
        return frozenset(found)


def _ends(path: str) -> Iterator[str]:
    """``/b/c`` and ``/c`` of ``a/b/c``."""
    for at, letter in enumerate(path):
        if letter == "/":
            yield path[at:]


def _by_folder(paths: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(CODE):
            folder = path.rpartition("/")[0] or ROOT
            if folder in found:
                found[folder].append(path)
            else:
                found[folder] = [path]
    return found
