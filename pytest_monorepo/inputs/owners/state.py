"""What test files leave behind in the process: modules' variables, and what the process itself is set to.

Looked at between two files. A file that leaves something another way than it was, and another that could see
it, are one: only together do they mean what they mean in a run of all.
"""

from __future__ import annotations

import builtins
import functools
import itertools
import os
import sys
import threading
import time
import types
from typing import Any, Callable, Dict, Iterable, List, Set, Tuple

from .. import callers, originals
from ..originals import identity
from ..probes import environ
from ..record.homes import OTHER, OWN, RUNNER, STANDARD, Homes
from . import loops, objects
from .glance import CALLED, CONTAINERS, OF_IMPORTS, PLAIN, Functions, Names, Outline

Facets = Dict[str, Any]


VARIABLES = "environment variables"
VARIABLE = "environment variable "


def asked_for(facet: str) -> str:
    """What somebody must ask for to see that it is another; empty where everybody can see it."""
    return facet if facet == loops.CURRENT else facet.partition(VARIABLE)[2]


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
    """The process as it was when last looked at.

    A fork server looks once for its workers, each of which goes on from there in :meth:`in_workspace`.
    """

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self._own: Dict[str, Any] = {}
        self._other: Dict[str, Any] = {}
        self._outlines: Dict[str, Outline] = {}
        self._functions = Functions()
        self._values = Functions((*CALLED, *PLAIN))
        self._named = Names()
        self._loaded: Dict[str, int] = {}
        self._compared: Dict[str, str] = {}
        self._calm: List[str] = []
        self._others: List[str] = []
        self._begins = True
        self._facets: Facets = {}

    def in_workspace(self, homes: Homes) -> State:
        """The same for a job: what is loaded by now is how it was, and some of it may be the workspace's."""
        self.homes = homes
        self._own.clear()
        self._begins, self._facets = True, {}
        for name in [name for name, home in self._compared.items() if home == OTHER or homes.is_plugin(name)]:
            del self._compared[name], self._loaded[name]
        return self

    def look(self) -> Change:
        """What has changed since. Modules that have come are no change, unless they were not imported."""
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        facets = self._replaced(loaded) | self._set_otherwise()
        # not kept: nobody is to stay alive by us
        calm = {name: loaded[name] for name in self._calm}
        others = {name: loaded[name] for name in self._others}
        modules = self._functions.changed(others) | self._values.changed(calm) | self._named.changed(calm)
        for name, home in self._compared.items():
            if home == OWN:
                if self._differs(self._own, name, _own_state(loaded[name])):
                    modules.add(name)
            elif home == OTHER and self._outside_differs(name, loaded[name]):
                modules.add(name)
        return Change(modules, facets)

    def _replaced(self, loaded: Dict[str, Any]) -> Set[str]:
        """Modules that are others, or gone, or were put there; notes which ones to compare, and how."""
        identities = {name: identity(module) for name, module in loaded.items()}
        before, begins, self._begins = self._loaded, self._begins, False
        if identities == before:
            return set()
        others = {name for name in before if identities.get(name) != before[name]}
        new = [name for name in loaded if name not in before]
        self._loaded = identities
        self._compare(loaded, others, new)
        if begins:
            return set()
        put = (name for name in new if not _has_origin(loaded[name]))
        return {f"sys.modules[{name!r}]" for name in {*others, *put}}

    def _compare(self, loaded: Dict[str, Any], others: Iterable[str], new: Iterable[str]) -> None:
        """Note which modules to compare, and how, where some are others or gone, and some new."""
        homes = self._compared
        for name in others:
            homes.pop(name, None)
        for name in itertools.chain(others, new):
            home = self._home(name, loaded[name]) if name in loaded else ""
            if home:
                homes[name] = home
        self._calm = [name for name, home in homes.items() if home == STANDARD and name not in _RESTLESS]
        calm = set(self._calm)
        self._others = [name for name, home in homes.items() if home != OWN and name not in calm]

    def _home(self, name: str, module: Any) -> str:
        """Empty for what is not compared: pytest has put it back after each test."""
        if not isinstance(module, types.ModuleType) or name == "warnings" or name.startswith(callers.OURS):
            return ""
        home = self.homes.of(vars(module))
        return "" if home == RUNNER or self.homes.is_plugin(name) else home

    def _set_otherwise(self) -> Set[str]:
        """What the process is set to and was not before."""
        now, before = facets_now(), self._facets
        self._facets = now
        found = {key for key, was in before.items() if now.get(key) != was}
        if VARIABLES in found:
            found.remove(VARIABLES)
            was, are = before[VARIABLES], now[VARIABLES]
            names = {name for name in {*was, *are} if was.get(name) != are.get(name)}
            found.update(f"{VARIABLE}{name}" for name in names)
        return found

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
                    self._other[other], self._outlines[other] = _outside(one), Outline(one)

    def _outside_differs(self, name: str, module: Any) -> bool:
        outline = self._outlines.get(name)
        if outline is not None and outline.fits(module):
            return False
        self._outlines[name] = Outline(module)
        differs = self._differs(self._other, name, _outside(module))
        return differs or (outline is not None and outline.has_lost())

    def _differs(self, known: Dict[str, Any], name: str, state: Any) -> bool:
        before = known.get(name, state)
        known[name] = state
        return bool(before != state or state is _UNKNOWN)


_UNKNOWN = object()
# of the standard library, and its own doing: what matters of them is among the facets
_RESTLESS = {"sys", "builtins", "threading", "__main__", "gc", "signal", "posix"}


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
        if kind in CONTAINERS:
            found.append((name, identity(value), len(value)))
        elif kind in PLAIN:
            found.append((name, kind, value))
        elif isinstance(value, type):
            if vars(value).get("__module__") == module.__name__:
                found.append((name, hash(tuple(map(identity, vars(value).values())))))
        elif name not in OF_IMPORTS and kind is not types.ModuleType:
            found.append((name, identity(value)))
    return found


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
    ask, known = _handler(signal), []
    for number in _numbers(signal):
        try:
            known.append(ask(number))
        except ValueError:
            known.append(None)
    return known


def _handler(signal: Any) -> Any:
    """``signal.getsignal`` without making an enum of its answer, which takes a hundred times as long."""
    return getattr(callers.loaded("_signal"), "getsignal", signal.getsignal)


@functools.lru_cache(maxsize=None)  # noqa: UP033 (3.8 has no cache)
def _numbers(signal: Any) -> List[int]:
    return sorted(map(int, signal.valid_signals()))


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
    "builtins": lambda: {name: identity(value) for name, value in vars(builtins).items() if name != "_"},
    "time zone": lambda: (time.tzname, time.timezone, time.altzone),
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
    "event loop policy": ("asyncio.events", loops.policy),
    loops.CURRENT: ("asyncio.events", loops.current),
}
