"""What a project's own code does at its end: it is to know the whole project, and what it prints is shown.

Installed plugins do it in the controller, as in pytest-xdist's main process; of a conftest's the controller
knows nothing.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import re
import sys
import types
from typing import Any, Iterator, List, Sequence

from . import mainprocess
from .whole import RULES, Reason

PLUGIN = "conftest"
"""Under this name the controller shows what they print."""

TELLS = "pytest_terminal_summary"
_ENDS = ("pytest_sessionfinish", "pytest_unconfigure")
_AROUND = ("pytest_runtestloop", "pytest_cmdline_main")
"""Begun before helpers are forked, and gone on with behind the tests."""

_OURS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
"""May lie in the workspace: in our own repository."""

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
        return self._is_own(_code(implementation.function))

    def _is_own(self, code: Any) -> bool:
        path = getattr(code, "co_filename", "")
        conftest = os.path.basename(path) == "conftest.py"
        return mainprocess.is_own(path, self.root if conftest else self.folder)

    def _is_workspaces(self, code: Any) -> bool:
        path = getattr(code, "co_filename", "")
        return mainprocess.is_own(path, self.root) and not path.startswith(_OURS)

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
            # what a conftest takes as a plugin may be another project's, too
            if any(
                self._is_workspaces(_code(one.function))
                for one in _implementations(config.pluginmanager, name)
            ):
                yield Reason("conftest", name)
        cleanups = list(_cleanups(config))
        if any(self._is_workspaces(_code(function)) or _is_of_python(function) for function in cleanups):
            yield Reason("conftest", "add_cleanup")
        yield from self._undone_by_plugins(config, cleanups)

    def _undone_by_plugins(self, config: Any, cleanups: Sequence[Any]) -> Iterator[Reason]:
        """The same of installed ones, where what they say at the end looks like it."""
        for name in (*_ENDS, *_AROUND):
            for one in _implementations(config.pluginmanager, name):
                around = name in _AROUND and not (one.hookwrapper or getattr(one, "wrapper", False))
                if not around and not _is_known(one.function) and _takes_away(one.function):
                    yield Reason("plugin", name, str(one.plugin_name))
        for function in cleanups:
            if not _is_known(function) and _takes_away(function):
                module = getattr(_plain(function), "__module__", None) or ""
                yield Reason("plugin", "add_cleanup", module.partition(".")[0])

    def _of(self, manager: Any, name: str) -> List[Any]:
        return [one for one in _implementations(manager, name) if self.wrote(one)]


def _implementations(manager: Any, name: str) -> Sequence[Any]:
    caller = getattr(manager.hook, name, None)
    return caller.get_hookimpls() if caller is not None else ()


# of the packages whose ends are known, and tried with a project that is split (tests/plugins)
_KNOWN = frozenset(
    (
        *("_pytest", "pytest", "pluggy", "xdist", "pytest_cov", "coverage", __name__.partition(".")[0]),
        *("pytest_reportlog", "xprocess", "pytest_mock"),
        *(name.partition(".")[0] for rule in RULES for name in rule.names),
    )
)
# what removes something, or ends it; and what may have a program do so
_REMOVES = re.compile(
    r"rmtree|unlink|remove|rmdir|delete|terminate|kill|shutdown|clean_?up|tear_?down|stop|destroy|drop|purge|wipe",
    re.IGNORECASE,
)
_STARTS = frozenset(
    ("run", "call", "check_call", "check_output", "Popen", "system", "communicate", "execute")
)


def _is_known(function: Any) -> bool:
    module = getattr(_plain(function), "__module__", None)
    top = module.partition(".")[0] if isinstance(module, str) else ""
    # of Python's own functions those that count are told by another rule
    return not top or top in _KNOWN or top in getattr(sys, "stdlib_module_names", ("contextlib", "warnings"))


def _takes_away(function: Any, deep: int = 2) -> bool:
    """Whether a name in it, or in what it calls of its own module or class, is of something that removes."""
    function = _plain(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    names = set(_names(code))
    if any(_REMOVES.search(name) for name in names) or not names.isdisjoint(_STARTS):
        return True
    space = getattr(function, "__globals__", {})
    holder = space.get(getattr(function, "__qualname__", "").partition(".")[0])
    called = [space.get(name, getattr(holder, name, None)) for name in names]
    own = [one for one in called if getattr(one, "__module__", "") == function.__module__]
    return deep > 0 and any(_takes_away(one, deep - 1) for one in own)


def _names(code: types.CodeType) -> Iterator[str]:
    """Also of what it defines within: a list that is made is a function until Python 3.12."""
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _names(one)


def _plain(function: Any) -> Any:
    """The function behind a method, a decorator, a context of a generator, an object that is called."""
    generator: Any = getattr(getattr(function, "__self__", None), "gen", None)
    code = getattr(generator, "gi_code", None)
    if code is not None:
        space = generator.gi_frame.f_globals if generator.gi_frame is not None else {}
        told = {"__code__": code, "__globals__": space, "__module__": space.get("__name__", "")}
        return types.SimpleNamespace(**told)
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = type(function).__call__
    return getattr(inspect.unwrap(function), "__func__", inspect.unwrap(function))


def _code(function: Any) -> Any:
    """Of a function, of an object that is called, or of a context that a generator function makes."""
    return getattr(_plain(function), "__code__", None)


def _cleanups(config: Any) -> Iterator[Any]:
    """What ``config.add_cleanup`` was given; private, ``tests/run/test_whole.py`` fails when it moves."""
    stack = getattr(config, "_cleanup_stack", None)
    if stack is None:  # before pytest 8.4
        for function in getattr(config, "_cleanup", ()):
            yield from _parts(function)
    else:
        yield from _held(stack)


def _held(stack: Any) -> Iterator[Any]:
    for _, callback in getattr(stack, "_exit_callbacks", ()):
        yield from _parts(getattr(callback, "__wrapped__", callback))


def _parts(function: Any) -> Iterator[Any]:
    """All that the end of an ``ExitStack`` calls, for pytest's own is one, too."""
    function = _innermost(function)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, contextlib.ExitStack):
        yield from _held(owner)
    else:
        yield function


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
