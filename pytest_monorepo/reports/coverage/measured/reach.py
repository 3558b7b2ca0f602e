"""Whether a file counts that only other projects' tests executed: by the rules of its own project."""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_monorepo.value import value

from .engine import matcher, python_files

# pytest's own defaults: a test is no package of the workspace
_TESTS = ("conftest.py", "test_*.py", "*_test.py")


@value(frozen=True)
class Reach:
    """What a configuration measures: below ``folders`` and of ``packages``, else all that ``keeps`` says."""

    folders: tuple[str, ...]
    packages: tuple[str, ...]
    keeps: Callable[[str], bool]
    included: bool = False
    namespaces: bool = False

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Reach:
        said = configuration["measured"]
        # coverage.py ignores "include" where there is a source
        include = [] if said["folders"] or said["packages"] else said["include"]
        keeps = matcher(include, said["omit"])
        return cls(
            tuple(said["folders"]), tuple(said["packages"]), keeps, bool(said["include"]), said["namespaces"]
        )

    @property
    def restricts(self) -> bool:
        """Whether the configuration says at all what is measured."""
        return bool(self.folders or self.packages or self.included)

    def holds(self, path: str) -> bool:
        """Whether the absolute ``path`` would be measured, were it executed."""
        inside = any(path.startswith(folder.rstrip(os.sep) + os.sep) for folder in self.folders)
        named = any(part in path for package in self.packages for part in _parts(package))
        return (inside or named or not (self.folders or self.packages)) and self.keeps(path)

    def files(self) -> Iterable[str]:
        """The source files below ``folders``, also those that nobody executed."""
        for folder in self.folders:
            yield from (
                os.path.realpath(path) for path in python_files(folder, self.namespaces) if self.keeps(path)
            )


def _parts(package: str) -> tuple[str, str]:
    """A module of a package lies in a folder of its name, or is the file of its name."""
    inside = os.sep + package.replace(".", os.sep)
    return inside + os.sep, inside + ".py"


def is_test(path: str) -> bool:
    """Whether a file of no project is one of somebody's tests."""
    return any(fnmatch.fnmatch(posixpath.basename(path), pattern) for pattern in _TESTS)
