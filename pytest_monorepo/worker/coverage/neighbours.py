"""Measures other projects' code that a project's tests execute, beside what its own configuration says.

coverage.py knows one set of rules for a process. Here they are asked first, so that what a project measures
on its own stays as it is; what they leave out and belongs to another project of the workspace is traced as
well and remembered as such. Whether it counts is decided by the rules of the project it belongs to, when all
data is put together. Runs with coverage >= 6 and the standard library, in the project's own interpreter.
"""

from __future__ import annotations

import os
from typing import Any, Iterable, Set

from .tracing import below, installed_folders

# Virtual environments below the root, of whatever interpreter.
_INSTALLED = ("site-packages", "dist-packages")


class Neighbours:
    """The source files below ``root`` that are not the project's own, which are below ``folder``.

    Projects inside it are ``nested``. All three are absolute. ``seen`` holds the files of others that were
    traced, as coverage.py names them; ``by_branches`` where these are only measured for their sake.
    """

    def __init__(self, root: str, folder: str, nested: Iterable[str]) -> None:
        self.root = os.path.realpath(root)
        self.seen: Set[str] = set()
        self.by_branches = False
        self._folder = os.path.realpath(folder)
        self._nested = tuple(os.path.realpath(each) for each in nested)

    def hold(self, path: str) -> bool:
        """Whether ``path``, absolute and real, is code of another project or of none.

        Only compares texts: it is asked while a test runs, and that one may have replaced the file system.
        """
        # what find_python_files of coverage.py takes for a source file, too (files.py)
        if not (below(path, self.root) and path.endswith((".py", ".pyw"))):
            return False
        mine = below(path, self._folder) and not any(below(path, each) for each in self._nested)
        return not mine and not self._installed(path)

    def _installed(self, path: str) -> bool:
        inside = path[len(self.root) :].split(os.sep)
        return any(name in inside for name in _INSTALLED) or any(
            below(path, each) for each in installed_folders()
        )

    def hold_any(self, folders: Iterable[str]) -> bool:
        """Whether there may be code of theirs in one of the real ``folders``."""
        return any(self.hold(os.path.join(folder, "any.py")) for folder in folders)


def widen(cov: Any, neighbours: Neighbours) -> None:
    """Let ``cov``, not started yet, trace the files that ``neighbours`` hold, too.

    There is no public way to trace more than the configuration says: ``Coverage._should_trace`` is what the
    tracers ask, once for each file. ``tests/worker/coverage`` fails when it moves; until then
    :class:`AttributeError` says so.
    """
    plain = cov._should_trace

    def should_trace(filename: str, frame: Any) -> Any:
        found = plain(filename, frame)
        # A file that does not exist, or is none, has no source_filename (or an empty one).
        path = None if found.trace else found.source_filename
        if path and neighbours.hold(path):
            found.trace = True
            neighbours.seen.add(path)
        return found

    cov._should_trace = should_trace
