"""What hangs on tables of the interpreter, and in no module: finders, handlers of signals, what ``sys`` has.

Which ones there are the settings tell. Here is what they hold: of objects and functions of the workspace, of
lists and dictionaries that somebody has put there, and what stands in ``sys.modules`` and is no module.
"""

from __future__ import annotations

import builtins
import contextvars
import functools
import gc
import sys
import threading
import types
from typing import Any, Collection, Dict, Iterable, Iterator, List, Tuple

from .. import callers
from ..originals import is_module, variables
from ..record.homes import OWN, Homes
from . import objects
from .asked import MAPPINGS, SEQUENCES
from .glance import CALLED, PLAIN

_OF_SYS = {
    *("modules", "path", "argv", "orig_argv", "meta_path", "path_hooks", "path_importer_cache"),
    *("warnoptions", "_xoptions", "builtin_module_names", "stdlib_module_names", "_git"),
    *("last_exc", "last_value"),
}
"""Lists and dictionaries of the interpreter's own, each compared by what it is for."""
_HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook")
_CONTAINERS = (*MAPPINGS, *SEQUENCES)
_WAITING = "_LazyModule"


class Loose:
    """As all of it was when it was last looked at; ``homes`` say what is the workspace's."""

    def __init__(self, homes: Homes) -> None:
        self._homes = homes
        self._states: Dict[str, Any] = {}
        self._kinds: Dict[str, Any] = {}
        self._seen: Collection[str] = ()

    def changed(self, loaded: Dict[str, Any]) -> Iterator[str]:
        """In words; what has come or gone is seen elsewhere."""
        kinds, before = _kinds(loaded), self._kinds
        known, self._kinds, self._seen = self._seen, kinds, loaded.keys()
        for name in {*kinds, *before}.intersection(loaded, known):
            was = before.get(name, types.ModuleType)
            # of what is loaded when it is asked for that is the end of waiting
            if was is not kinds.get(name, types.ModuleType) and was.__name__ != _WAITING:
                yield f"class of the module {name}"
        states, former = {}, self._states
        for name, values in self._all(kinds, loaded):
            followed = list(filter(self._is_followed, values))
            if followed:
                states[name] = objects.state_of(followed)
        self._states = states
        yield from (name for name, now in states.items() if name in former and former[name] != now)

    def _all(self, kinds: Iterable[str], loaded: Dict[str, Any]) -> Iterator[Tuple[str, List[Any]]]:
        yield "values in sys", [one for name, one in list(vars(sys).items()) if name not in _OF_SYS]
        yield "values in builtins", list(vars(builtins).values())
        yield "inside of sys.meta_path", sys.meta_path
        yield "inside of sys.path_hooks", sys.path_hooks
        yield "inside of hooks", [*(getattr(sys, name, None) for name in _HOOKS), threading.excepthook]
        yield "inside of the collector's callbacks", gc.callbacks
        yield "inside of context variables", list(contextvars.copy_context().values())
        yield "inside of handlers of signals", _handlers()
        for name in kinds:
            if not is_module(loaded[name]):
                yield f"inside of sys.modules[{name!r}]", [loaded[name]]

    def _is_followed(self, value: Any) -> bool:
        kind = type(value)
        if kind in PLAIN or kind is types.BuiltinFunctionType or kind is types.ModuleType:
            return False
        if kind in _CONTAINERS:
            return True
        if kind is functools.partial:
            return self._is_followed(value.func)
        if kind is types.MethodType:
            return self._is_followed(value.__self__) or self._is_followed(value.__func__)
        if kind is types.FunctionType:
            return self._homes.of(value.__globals__) == OWN
        return not issubclass(kind, CALLED) and self._is_own(kind)

    def _is_own(self, kind: type) -> bool:
        name = type.__getattribute__(kind, "__module__")
        module = sys.modules.get(name) if isinstance(name, str) else None
        return is_module(module) and self._homes.of(variables(module)) == OWN


def _kinds(loaded: Dict[str, Any]) -> Dict[str, Any]:
    return {name: type(one) for name, one in loaded.items() if type(one) is not types.ModuleType}


def _handlers() -> List[Any]:
    signal: Any = callers.loaded("_signal")
    return [] if signal is None else [signal.getsignal(number) for number in range(1, signal.NSIG)]
