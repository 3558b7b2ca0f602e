"""Which test files have something that is set up once for several of their tests: such a file is not divided.

What pytest sets up for a module, a class or a package is a fixture of that scope: ``setup_module``,
``setup_class`` and unittest's ``setUpClass`` are made into fixtures, too. So it is enough to hear of
fixtures, and only of those that are used, by name, by themselves or by ``request.getfixturevalue``.
"""

from __future__ import annotations

import os
import unittest
from typing import Any, Callable, Dict, Iterable, Set

import pytest

from .. import protocol

_FOR_SEVERAL = frozenset(("class", "module", "package"))
ALL = ""
"""Stands for every file of the project: what is set up for a package is found there by the files after."""


class Scopes:
    """``say`` takes messages; ``current`` is the running test, workspace-relative, as ``nodeid`` makes it."""

    def __init__(
        self, say: Callable[[Any], None], current: Callable[[], str], nodeid: Callable[[str], str]
    ) -> None:
        self.say = say
        self.current = current
        self.nodeid = nodeid
        self._told: Set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        plain: Dict[int, bool] = {}
        files = set()
        for item in session.items:
            below = id(item.parent)
            if below not in plain:
                plain[below] = all(map(_is_pytests, map(type, item.listchain()[:-1])))
            if not (plain[below] and isinstance(item, pytest.Function) and _is_pytests(type(item))):
                files.add(_file(self.nodeid(item.nodeid)))
        self._tell(sorted(files))

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> None:
        if _is_for_several(fixturedef) and not _does_nothing(fixturedef, request):
            self._tell([ALL if fixturedef.scope == "package" else _file(self.current())])

    def _tell(self, files: Iterable[str]) -> None:
        new = [file for file in files if file not in self._told]
        if new:
            self._told.update(new)
            self.say(protocol.Bound(new))


def _is_for_several(fixturedef: Any) -> bool:
    """What pytest and plugins have for a session (``tmp_path_factory``) is there for several workers, too."""
    if fixturedef.scope != "session":
        return fixturedef.scope in _FOR_SEVERAL
    file = str(getattr(getattr(fixturedef.func, "__code__", None), "co_filename", ""))
    return not any(f"{os.sep}{name}{os.sep}" in file for name in ("site-packages", "dist-packages"))


def _does_nothing(fixturedef: Any, request: Any) -> bool:
    """pytest makes one of every ``TestCase``'s ``setUpClass``, also of the one that all inherit."""
    name = str(fixturedef.argname)
    # _unittest_setUpClass_fixture_… (9.2: _pytest/unittest.py)
    # called otherwise before pytest 7
    if fixturedef.scope != "class" or not ("setUpClass" in name or "pytest_class_setup" in name):
        return False
    cls = request.cls  # which a fixture of a wider scope must not ask for
    if not (isinstance(cls, type) and issubclass(cls, unittest.TestCase)):
        return False
    return all(getattr(getattr(cls, name), "__func__", None) is own for name, own in _INHERITED.items())


_INHERITED: Dict[str, Any] = {
    name: getattr(getattr(unittest.TestCase, name), "__func__", None)
    for name in ("setUpClass", "tearDownClass")
}

_plain_kinds: Dict[type, bool] = {}


def _is_pytests(kind: type) -> bool:
    """Whether a node of this kind sets up no more than pytest does, which is told of by fixtures."""
    if kind not in _plain_kinds:
        setup = getattr(kind, "setup", None)
        _plain_kinds[kind] = str(getattr(setup, "__module__", "_pytest.")).startswith("_pytest.")
    return _plain_kinds[kind]


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
