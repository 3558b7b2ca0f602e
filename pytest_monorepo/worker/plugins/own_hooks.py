"""What a project's own code does at its end: it is to know the whole project, and what it prints is shown.

Installed plugins do it in the controller, as in pytest-xdist's main process; of a conftest's the controller
knows nothing.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from typing import Any, Iterator, List

from . import mainprocess
from .whole import Reason

PLUGIN = "conftest"
"""Under this name the controller shows what they print."""

TELLS = "pytest_terminal_summary"
_ENDS = ("pytest_sessionfinish", "pytest_unconfigure")
_AROUND = ("pytest_runtestloop", "pytest_cmdline_main")
"""Begun before helpers are forked, and gone on with behind the tests."""

_GATHERS = (
    "pytest_runtest_protocol",
    "pytest_runtest_logstart",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_report_teststatus",
    "pytest_fixture_setup",
    "pytest_warning_recorded",
    "pytest_exception_interact",
)


class Own:
    """``root`` is the workspace's, ``folder`` the project's."""

    def __init__(self, root: str, folder: str) -> None:
        self.root = root
        self.folder = folder

    def wrote(self, implementation: Any) -> bool:
        """Whether a hook is the project's: of a conftest, or of another file of its own."""
        return self._is_own(implementation.function)

    def _is_own(self, function: Any) -> bool:
        code = getattr(inspect.unwrap(function), "__code__", None)
        path = getattr(code, "co_filename", "")
        conftest = os.path.basename(path) == "conftest.py"
        return mainprocess.is_own(path, self.root if conftest else self.folder)

    def reasons(self, manager: Any) -> Iterator[Reason]:
        """Why neither workers nor machines share its tests: what is told or done at the end is about all."""
        if self._of(manager, TELLS):
            yield Reason("conftest", TELLS)
        for name in _ENDS:
            if self._of(manager, name) and any(self._of(manager, each) for each in _GATHERS):
                yield Reason("conftest", name)

    def undoes(self, config: Any) -> Iterator[Reason]:
        """Why one process of this machine runs all of its tests: what is done at the end is done once.

        What hooks have made before the first test, a folder, a server, is one thing for all helpers that are
        forked then: the first of them to end would take it from the others.
        """
        for name in (*_ENDS, *_AROUND):
            if self._of(config.pluginmanager, name):
                yield Reason("conftest", name)
        cleanups = [_innermost(function) for function in _cleanups(config)]
        if any(self._is_own(function) or _is_of_python(function) for function in cleanups):
            yield Reason("conftest", "add_cleanup")

    def _of(self, manager: Any, name: str) -> List[Any]:
        caller = getattr(manager.hook, name, None)
        return [one for one in caller.get_hookimpls() if self.wrote(one)] if caller is not None else []


def _cleanups(config: Any) -> Iterator[Any]:
    """What ``config.add_cleanup`` was given; private, ``tests/run/test_whole.py`` fails when it moves."""
    stack = getattr(config, "_cleanup_stack", None)
    if stack is None:
        yield from getattr(config, "_cleanup", ())  # before pytest 8.4
        return
    for _, callback in getattr(stack, "_exit_callbacks", ()):
        yield getattr(callback, "__wrapped__", callback)


def _innermost(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _is_of_python(function: Any) -> bool:
    """``shutil.rmtree``, a temporary folder's own ``cleanup``: pytest itself gives ends of contexts alone."""
    module = (getattr(function, "__module__", None) or "").partition(".")[0]
    return module in getattr(sys, "stdlib_module_names", _REMOVERS) and module not in (
        "contextlib",
        "warnings",
    )


_REMOVERS = ("os", "posix", "shutil", "subprocess", "tempfile")
"""Python says which modules are its own since 3.10."""
