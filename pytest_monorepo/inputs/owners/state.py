"""What test files leave behind in the process: modules' variables, and what the process itself is set to.

Looked at between two files. A file that leaves something another way than it was, and another that could see
it, are one: only together do they mean what they mean in a run of all.
"""

from __future__ import annotations

import builtins
import operator
import os
import sys
import threading
import types
from typing import Any, Callable, Dict, List, Set, Tuple

from .. import callers, originals
from ..probes import environ
from ..record.homes import OTHER, OWN, RUNNER, Homes
from . import objects

Facets = Dict[str, Any]


VARIABLES = "environment variables"
VARIABLE = "environment variable "


class Change:
    """What is another than it was: ``modules`` by name, ``facets`` of the process in words."""

    def __init__(self, modules: Set[str], facets: Set[str]) -> None:
        self.modules = modules
        self.facets = facets

    def __bool__(self) -> bool:
        return bool(self.modules or self.facets)

    def __or__(self, other: Change) -> Change:
        return Change(self.modules | other.modules, self.facets | other.facets)


class State:
    """The process as it was when last looked at."""

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self._own: Dict[str, Any] = {}
        self._other: Dict[str, Any] = {}
        self._functions: Dict[str, Tuple[List[str], List[Any]]] = {}
        self._loaded: Dict[str, int] = {}
        self._facets: Facets = {}

    def look(self) -> Change:
        """What has changed since. Modules that have come are no change, unless they were not imported."""
        modules: Set[str] = set()
        facets: Set[str] = set()
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        for name, module in loaded.items():
            before = self._loaded.get(name)
            put = before is None and self._loaded and not _has_origin(module)
            if put or (before is not None and before != id(module)):
                facets.add(f"sys.modules[{name!r}]")
        facets.update(f"sys.modules[{name!r}]" for name in self._loaded if name not in loaded)
        self._loaded = {name: id(module) for name, module in loaded.items()}
        for name, module in loaded.items():
            if isinstance(module, types.ModuleType) and self._has_changed(name, module):
                modules.add(name)
        now = facets_now()
        facets.update(key for key, was in self._facets.items() if now.get(key) != was)
        if VARIABLES in facets:
            facets.remove(VARIABLES)
            was, are = self._facets[VARIABLES], now[VARIABLES]
            names = {name for name in {*was, *are} if was.get(name) != are.get(name)}
            facets.update(f"{VARIABLE}{name}" for name in names)
        self._facets = now
        return Change(modules, facets)

    def begins(self, module: Any) -> None:
        """A module's code has run: that is how its variables are at first.

        An installed package is looked at when all of it is there, since its modules make each other.
        """
        name = str(module.__name__)
        home = self.homes.of(vars(module))
        if home == OWN:
            self._own[name] = _own_state(module)
        elif home == OTHER and "." not in name and not self.homes.is_plugin(name):
            for other, one in list(sys.modules.items()):
                inside = other == name or other.startswith(f"{name}.")
                if inside and other not in self._other and isinstance(one, types.ModuleType):
                    self._other[other] = _outside(one)

    def _has_changed(self, name: str, module: Any) -> bool:
        home = self.homes.of(vars(module))
        if home == RUNNER or name == "warnings" or name.startswith(callers.OURS):
            return False  # pytest has put it back after each test
        if self.homes.is_plugin(name):
            return False
        if home == OWN:
            return self._differs(self._own, name, _own_state(module))
        changed = self._functions_differ(name, module)
        if home == OTHER:
            changed |= self._differs(self._other, name, _outside(module))
        return changed

    def _differs(self, known: Dict[str, Any], name: str, state: Any) -> bool:
        before = known.get(name, state)
        known[name] = state
        return bool(before != state or state is _UNKNOWN)

    def _functions_differ(self, name: str, module: Any) -> bool:
        """Somebody has put something else in a function's or a class's place."""
        known, variables = self._functions.get(name), vars(module)
        changed = known is not None and any(map(operator.is_not, map(variables.get, known[0]), known[1]))
        if known is None or changed:
            names = [one for one, value in variables.items() if isinstance(value, _CALLED)]
            self._functions[name] = names, [variables[one] for one in names]
        return changed


_CALLED = (types.FunctionType, types.BuiltinFunctionType, type)
_UNKNOWN = object()


def _own_state(module: Any) -> Any:
    try:
        return objects.fingerprint(module)
    except Exception:  # too much, or a thread changes what is being looked at, or it is like nothing else
        return _UNKNOWN


def _outside(module: Any) -> Any:
    """Of an installed module the top: what its variables are, how much its containers hold."""
    found: List[Any] = []
    for name, value in list(vars(module).items()):
        kind = type(value)
        if kind in _CONTAINERS:
            found.append((name, id(value), len(value)))
        elif kind in _PLAIN:
            found.append((name, kind, value))
        elif isinstance(value, type):
            if vars(value).get("__module__") == module.__name__:
                found.append((name, hash(tuple(map(id, vars(value).values())))))
        elif name not in _OF_IMPORTS and kind is not types.ModuleType:
            found.append((name, id(value)))
    return found


_CONTAINERS = {list, dict, set}
_PLAIN = {int, float, str, bytes, bool, type(None)}
_OF_IMPORTS = {"__spec__", "__loader__", "__builtins__"}


def _has_origin(module: Any) -> bool:
    """Whether it was imported, and not put there."""
    spec = getattr(module, "__spec__", None) if isinstance(module, types.ModuleType) else None
    file = getattr(module, "__file__", None) if isinstance(module, types.ModuleType) else None
    return spec is not None or isinstance(file, str)


def facets_now() -> Facets:
    """What the process is set to, each by its name for the user; without those of modules not loaded yet."""
    found = {name: ask() for name, ask in _FACETS.items()}
    for name, (module, ask_it) in _OF_MODULES.items():
        loaded = callers.loaded(module)
        if loaded is not None:
            found[name] = ask_it(loaded)
    return found


def _variables() -> Any:
    return {name: value for name, value in environ.snapshot().items() if name not in _OF_PYTEST}


_OF_PYTEST = {"PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"}


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _cwd() -> Any:
    try:
        return originals.getcwd()
    except OSError:
        return None


def _signals(signal: Any) -> Any:
    known = []
    for number in sorted(signal.valid_signals()):
        try:
            known.append(signal.getsignal(number))
        except ValueError:
            known.append(None)
    return known


def _loggers(logging: Any) -> Any:
    found: Dict[str, Any] = {
        "": (logging.root.level, logging.root.manager.disable, len(logging.root.filters))
    }
    for name, one in list(logging.root.manager.loggerDict.items()):
        if isinstance(one, logging.Logger):
            state = (one.level, one.propagate, one.disabled, len(one.handlers), len(one.filters))
            if state != (0, True, False, 0, 0):
                found[name] = state
    return found


def _random(random: Any) -> Any:
    return hash(random.getstate()) if "pytest_randomly" not in sys.modules else None


def _numpy_random(module: Any) -> Any:
    if "pytest_randomly" in sys.modules:
        return None
    state = module.get_state()
    return state[1].tobytes(), state[2:]


_FACETS: Dict[str, Callable[[], Any]] = {
    VARIABLES: _variables,
    "working directory": _cwd,
    "umask": _umask,
    "sys.path": lambda: list(sys.path),
    "sys.argv": lambda: list(sys.argv),
    "sys.meta_path": lambda: list(map(type, sys.meta_path)),
    "sys.path_hooks": lambda: len(sys.path_hooks),
    "sys.excepthook": lambda: sys.excepthook,
    "recursion limit": sys.getrecursionlimit,
    "builtins": lambda: {name: id(value) for name, value in vars(builtins).items() if name != "_"},
    "threads": lambda: {thread.ident for thread in threading.enumerate()},
}
_OF_MODULES: Dict[str, Tuple[str, Callable[[Any], Any]]] = {
    "decimal context": ("decimal", lambda decimal: repr(decimal.getcontext()).partition(", flags")[0]),
    "locale": ("locale", lambda locale: locale.setlocale(locale.LC_ALL)),
    "loggers": ("logging", _loggers),
    "random numbers": ("random", _random),
    "random numbers of numpy": ("numpy.random", _numpy_random),
    "signal handlers": ("signal", _signals),
    "socket timeout": ("socket", lambda socket: socket.getdefaulttimeout()),
    "event loop policy": ("asyncio.events", lambda events: id(events._event_loop_policy)),
}
