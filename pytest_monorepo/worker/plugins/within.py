"""A part of a project whose tests its settings name outside its folder.

As an argument such a path would be where pytest looks for rootdir and ini file (9.2: findpaths.py,
``determine_setup``): the project would lose its settings, and its tests their names.
"""

from __future__ import annotations

import os
from typing import Any, List, Sequence, Set

import pytest


class Within:
    """Of what the project's own pytest collects only ``targets``: paths or node ids, relative to ``root``."""

    def __init__(self, root: str, targets: Sequence[str]) -> None:
        parts = (target.partition("::") for target in targets)
        self._wanted = [(os.path.realpath(os.path.join(root, path)), sep + rest) for path, sep, rest in parts]
        self._targets = targets
        self._collected: Set[str] = set()
        self._left_out: Set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """What is named is collected whatever its name, as an argument is, but for what a run leaves out."""
        known, ignored = session.isinitpath, session.config.getoption("ignore", None) or ()
        self._left_out = {os.path.realpath(str(path)) for path in ignored}
        named = {path for path, _ in self._wanted} - self._left_out

        def is_initial(path: Any, **words: Any) -> bool:
            return known(path, **words) or os.path.realpath(str(path)) in named

        session.isinitpath = is_initial  # type: ignore[method-assign]

    def pytest_collectstart(self, collector: Any) -> None:
        """Notes which files are collected."""
        if isinstance(collector, pytest.File):
            self._collected.add(os.path.realpath(str(collector.fspath)))

    # the parameter's name is another since pytest 7.0, which has version_tuple
    if hasattr(pytest, "version_tuple"):

        def pytest_ignore_collect(self, collection_path: Any) -> Any:
            """Others are not even imported."""
            return self._ignores(str(collection_path))

    else:

        def pytest_ignore_collect(self, path: Any) -> Any:  # type: ignore[misc]
            """Others are not even imported."""
            return self._ignores(str(path))

    def _ignores(self, path: str) -> Any:
        folder, name = os.path.split(path)
        # by it pytest before 8.0 collects a package, and sets that up
        real = os.path.realpath(folder if name == "__init__.py" else path)
        on_the_way = (_holds(wanted, real) or _holds(real, wanted) for wanted, _ in self._wanted)
        return None if any(on_the_way) else True

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: List[pytest.Item]) -> None:
        """Raises as pytest does where a file has no such test, and for one that its settings keep out."""
        found = [(os.path.realpath(str(item.fspath)), _rest(item.nodeid), item) for item in items]
        for number, (wanted, rest) in enumerate(self._wanted):
            files = [one for one in found if _holds(wanted, one[0])]
            if files and not any(_is_part(own, rest) for _, own, _ in files):
                raise pytest.UsageError(f"not found: {self._targets[number]}")
            if os.path.isfile(wanted) and wanted not in self._collected | self._left_out:
                raise pytest.UsageError(f"not collected: {self._targets[number]}")
        items[:] = [
            item
            for path, own, item in found
            if any(_holds(wanted, path) and _is_part(own, rest) for wanted, rest in self._wanted)
        ]


def _rest(nodeid: str) -> str:
    _, sep, rest = nodeid.partition("::")
    return sep + rest


def _is_part(own: str, wanted: str) -> bool:
    return not wanted or own == wanted or own.startswith((wanted + "::", wanted + "["))


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
