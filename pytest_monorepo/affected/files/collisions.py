"""Changed files that alter what a name means to code from which no arrow leads: of libraries, of pytest.

A module that is called as one of the standard library or of an installed distribution may be found in its
place by whoever imports that, in files that nobody reads here. And of a test folder that lies in no package
pytest takes the name for that of a package: of two such one hides the other, or a test
module that is called so (its ``prepend`` mode).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import PathFinder

from pytest_monorepo.workspace.files.code_files import parent
from pytest_monorepo.workspace.files.tree import child, inside, join
from pytest_monorepo.workspace.model import ROOT, Project, Workspace

from .arrows.closure import Loads

_INIT = "__init__.py"


def _no(project: str) -> bool:
    return False


@dataclass(frozen=True)
class Collisions:
    """``workspace`` has the files of all states compared. ``changed`` says of each changed code file whether
    it is there in one of them alone.

    ``is_stranger`` tells of a name whether files import it that nothing of the workspace provides. ``moved``
    are test files of one of the states. ``bends`` tells of a project whether code puts folders first on the
    path of its tests.
    """

    workspace: Workspace
    loads: Loads
    changed: Mapping[str, bool]
    is_stranger: Callable[[str], bool]
    moved: Collection[str] = ()
    bends: Callable[[str], bool] = _no

    def reasons(self, project: Project, paths: Iterable[str]) -> Iterator[str]:
        """Why all test files of a project run that the changed files at ``paths`` reach."""
        for path in paths:
            if path.endswith(f"/{_INIT}") and self.changed.get(path):
                yield from self._renames(project, path)
            elif path in self.moved:
                yield from self._twins(project, path, path.rpartition("/")[2].removesuffix(".py"))
            if path in self._hiding and self._may_be_first(path, project):
                yield f"{path} changed, which may hide what else is called so"

    def _renames(self, project: Project, path: str) -> Iterator[str]:
        folder = parent(path)
        below = [test for test in (*project.test_files, *self.moved) if inside(test, folder)]
        if not all(self.changed.get(test) for test in below):
            yield f"{path} is new or gone, which gives the tests below it other names"
        if below:
            name = folder.rpartition("/")[2]
            yield from self._twins(project, path, name)
            for test in project.test_files:
                if f"/{test}".endswith(f"/{name}.py"):
                    yield f"{path} is new or gone, and {test} is called so, too"

    def _twins(self, project: Project, path: str, name: str) -> Iterator[str]:
        """Of the other packages of that name those that hold tests."""
        # of two files with one module name the second ends with an error, unless the mode is importlib
        # (_pytest/pathlib.py, ImportPathMismatchError)
        end = f"/{name}/{_INIT}"
        same = (parent(other) for other in self._inits if other != path and f"/{other}".endswith(end))
        for other in same:
            if any(inside(test, other) for test in project.test_files):
                yield f"{path} is new or gone, and {other} is called so, too"

    @cached_property
    def _inits(self) -> list[str]:
        return [path for path in self.workspace.files if path.endswith(f"/{_INIT}")]

    @cached_property
    def _hiding(self) -> frozenset[str]:
        return frozenset(path for path in self.changed if path.endswith(".py") and self._hides(path))

    def _hides(self, path: str) -> bool:
        """Whether it stands in the place of a stranger's module where its folder is one to look in."""
        folder, name = _module(path)
        if name == "conftest" or not (folder in self._on_path or self._is_loose(folder)):
            return False
        if name in sys.stdlib_module_names or self.is_stranger(name) or self._was_known(path, name):
            return True
        return name not in self._provided and _is_installed(name)

    def _may_be_first(self, path: str, project: Project) -> bool:
        """Whether its folder is one to look in, or may be, where code puts folders on the path."""
        folder, _ = _module(path)
        if folder in self._on_path:
            return True
        return self._is_loose(folder) and self.bends(project.path)

    def _is_loose(self, folder: str) -> bool:
        return child(folder, _INIT) not in self._files

    def _was_known(self, path: str, name: str) -> bool:
        """Whether files that did not change have a name for a module that came or went.

        Not where the workspace has that name elsewhere: then there are arrows to both.
        """
        if not self.changed.get(path) or path.endswith(f"/{_INIT}"):
            return False
        return name not in self._provided and any(
            loader not in self.changed for loader in self.loads.loaders.get(path, ())
        )

    @cached_property
    def _provided(self) -> frozenset[str]:
        """The top-level names of the workspace's own packages."""
        projects = self.workspace.projects
        return frozenset(package.partition(".")[0] for project in projects for package in project.packages)

    @cached_property
    def _on_path(self) -> frozenset[str]:
        """The folders where modules may be looked for before the library."""
        found: set[str] = set()
        for project in self.workspace.projects:
            found |= {project.path, ROOT, *project.source_roots}
            conftests = self.workspace.conftests(project)
            found |= {self._base(parent(path)) for path in (*project.test_files, *conftests)}
            beside = parent(project.settings.inifile or ROOT)
            found |= {join(beside, folder) for folder in project.settings.pythonpath}
        return frozenset((*found, *(self._base(parent(path)) for path in self.moved)))

    def _base(self, folder: str) -> str:
        """The folder that pytest puts on the path for a file: the nearest above it that is no package."""
        while folder != ROOT and child(folder, _INIT) in self._files:
            folder = parent(folder)
        return folder

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.workspace.files)


def _module(path: str) -> tuple[str, str]:
    """The folder that must be on the path for it to be a module of one name, and that name."""
    folder, name = parent(path), path.rpartition("/")[2].removesuffix(".py")
    return (parent(folder), folder.rpartition("/")[2]) if name == "__init__" else (folder, name)


def _is_installed(name: str) -> bool:
    """Whether what is installed here has a module of that name, which others that are installed may import.

    Not ``tests``, which many bring by mistake and nobody imports.
    """
    folders = [folder for folder in sys.path if folder.endswith(("site-packages", "dist-packages"))]
    return name != "tests" and PathFinder.find_spec(name, folders) is not None
