"""What modules of Python's own keep for whoever uses them, and an import may set before a project would."""

from __future__ import annotations

import collections
import copyreg
import importlib
import logging
import operator
import sys
import types
from typing import AbstractSet, Any, Callable, Dict, Iterator, List, Mapping, Tuple

from . import harmless, homes

_CONTEXTS: Any = importlib.import_module("_contextvars")
"""Built in: decimal needs no more of it, and no project can have another."""


def looks() -> Dict[str, Callable[[], Any]]:
    """What is looked at, by the words for it. A module that nobody has loaded is as it is when it comes."""
    return {
        "how logging works": _logging,
        "loggers": _loggers,
        "how others' types are pickled": _reducers,
        "variables of the context": _context,
        "how decimals are computed": _of("decimal", _decimal, _DECIMAL),
        "how SQLite stores values": _of("sqlite3", _adapters, {}),
        "how processes are started": _of("multiprocessing", _start_method, None),
        "the types of files": _of("mimetypes", _types, [False]),
        "whether allocations are traced": _of("tracemalloc", lambda it: it.is_tracing(), False),
        "how URLs are opened": _of("urllib.request", lambda it: id(it._opener), id(None)),
        "how HTTPS is checked": _of("ssl", _https, True),
        "the policy of event loops": _of("asyncio.events", lambda it: id(it._event_loop_policy), id(None)),
        "where time zones lie": _of("zoneinfo", _zones, True),
        "what csv knows": _of("csv", _csv, []),
        "the state of numpy's random numbers": _of("numpy.random", _numbers, None),
    }


def _of(name: str, look: Callable[[Any], Any], usual: Any) -> Callable[[], Any]:
    """What ``look`` finds in a module; ``usual`` where it is not loaded: what it has once it is."""

    def looked() -> Any:
        module = sys.modules.get(name)
        try:
            return usual if module is None else look(module)
        except AttributeError:  # another Python keeps it elsewhere
            return usual

    return looked


def _identities(things: List[Any]) -> List[int]:
    return [id(thing) for thing in things]


def _logging() -> List[Any]:
    names = [logging.getLevelName(level) for level in (10, 20, 30, 40, 50)]
    kinds = [logging.getLoggerClass(), logging.getLogRecordFactory(), logging.lastResort]
    return [logging.root.manager.disable, logging.raiseExceptions, names, _identities(kinds)]


def _loggers() -> Dict[str, Any]:
    """Those that somebody has set up; a handler that does nothing is none."""
    found: Dict[str, Any] = {}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.partition(".")[0] not in harmless.LOGGERS:
            handlers = [one for one in logger.handlers if type(one) is not logging.NullHandler]
            told = (logger.level, logger.propagate, logger.disabled, handlers, logger.filters)
            if told != (logging.NOTSET, True, False, [], []):
                found[name] = (*told[:3], _identities(handlers), _identities(logger.filters))
    return found


def _reducers() -> Dict[str, int]:
    """Of which types somebody else says how they are pickled."""
    table = list(copyreg.dispatch_table.items())
    return {repr(kind): id(how) for kind, how in table if _top(how) not in (_top(kind), *_OWN_REDUCERS)}


_OWN_REDUCERS = ("copyreg", "re")


def _top(thing: Any) -> str:
    """The package that a function or class is of."""
    return str(getattr(thing, "__module__", None) or "").partition(".")[0]


def _context() -> Dict[str, str]:
    """Those left out that are as they are for whoever computes with decimals first."""
    usual = repr(getattr(sys.modules.get("decimal"), "DefaultContext", None))
    told = {variable.name: repr(value) for variable, value in _CONTEXTS.copy_context().items()}
    return {name: text for name, text in told.items() if text != usual}


def _decimal(module: Any) -> List[Any]:
    """Of each context: flags, which say what has been computed, left out."""
    return [
        (one.prec, one.rounding, one.Emin, one.Emax, one.capitals, one.clamp, _traps(one))
        for one in (module.DefaultContext, module.BasicContext, module.ExtendedContext)
    ]


def _traps(context: Any) -> List[str]:
    return sorted(trap.__name__ for trap, on in context.traps.items() if on)


_LIMITS = (-999999, 999999, 1, 0)
_TRAPS = ["DivisionByZero", "InvalidOperation", "Overflow"]
_DECIMAL = [  # https://docs.python.org/3/library/decimal.html#context-objects
    (28, "ROUND_HALF_EVEN", *_LIMITS, _TRAPS),
    (9, "ROUND_HALF_UP", *_LIMITS, ["Clamped", *_TRAPS, "Underflow"]),
    (9, "ROUND_HALF_EVEN", *_LIMITS, []),
]


def _start_method(module: Any) -> Any:
    return module.get_start_method(allow_none=True)


def _zones(module: Any) -> bool:
    """Whether they lie where Python looks for them."""
    told = module.TZPATH
    module.reset_tzpath()
    usual = module.TZPATH
    module.reset_tzpath(told)
    return bool(told == usual)


def _adapters(module: Any) -> Dict[str, int]:
    """Those that are not its own."""
    entries = [*module.adapters.items(), *module.converters.items()]
    return {repr(key): id(how) for key, how in entries if _top(how) != "sqlite3"}


def _types(module: Any) -> List[Any]:
    maps = (module.types_map, module.common_types, module.suffix_map, module.encodings_map)
    return [module.inited, *map(dict, maps)] if module.inited else [False]


def _https(module: Any) -> bool:
    return bool(module._create_default_https_context is module.create_default_context)


def _csv(module: Any) -> List[Any]:
    return [name for name in sorted(module.list_dialects()) if name not in _DIALECTS]


_DIALECTS = ("excel", "excel-tab", "unix")


def _numbers(module: Any) -> Any:
    """``None`` as long as nobody has drawn or seeded them: they are seeded anew for each worker then."""
    _, key, place, *_ = module.get_state()
    return None if place == _FIRST and key[0] == 1 << 31 else (key.tobytes(), place)


_FIRST = 623
"""Where numpy's generator stands that was seeded by the system; by a number, it is 624."""


class Kept:
    """What modules keep under public names that is neither code nor a module, and tables of packages.

    What was seen last stays here, so that a look takes time only for what was bound or filled anew.
    """

    def __init__(self) -> None:
        self._seen: Dict[str, _Seen] = {}

    def learn(self, modules: Mapping[str, Any]) -> None:
        """Those of these that are not known yet, as they are by now."""
        for name, module in modules.items():
            looked_at = name[:1] != "_" and name not in _RESTLESS and type(module) is types.ModuleType
            if looked_at and name not in self._seen:
                self._seen[name] = _Seen(name, module)

    def told(self, own: AbstractSet[str]) -> Iterator[str]:
        """The names of what differs: whoever looks before the import sees that it does.

        But for what a module makes when it is asked for it (PEP 562; ``typing.Match`` in Python 3.13), and
        for ``own``: packages of which more has come, which may be what has told the rest of them.
        """
        for name, seen in self._seen.items():
            if not seen.is_same():
                now = _Seen(name, seen.module)
                if name.partition(".")[0] not in own:
                    yield from seen.differing(now)
                self._seen[name] = now


class _Seen:
    """One module: what it had, and what its collections held."""

    def __init__(self, name: str, module: Any) -> None:
        self.name, self.module = name, module
        self.bound = vars(module).copy()
        self._names = tuple(self.bound)
        self._held = {
            key: (one, _copied(one))
            for key, one in self.bound.items()
            if type(one) in _COLLECTIONS and _is_kept(name, key, one)
        }
        for key, one in _registries(name, self.bound):
            self._held[key] = (one, _copied(one))

    def is_same(self) -> bool:
        """Whether nothing has been bound anew, and collections hold what they did."""
        now = vars(self.module)
        same = tuple(now) == self._names and all(map(operator.is_, self.bound.values(), now.values()))
        return same and all(_copied(one) == held for one, held in self._held.values())

    def differing(self, now: _Seen) -> Iterator[str]:
        before, after = self._told(), now._told()
        differing = (key for key, value in before.items() if after.get(key) != value)
        yield from (f"{self.name}.{key}" for key in differing if not self._is_borne(key, before[key]))
        if "__getattr__" not in now.bound:
            known = self.bound.keys() | before.keys()
            yield from (f"{self.name}.{key}" for key in after if key not in known)

    def _told(self) -> Dict[str, Any]:
        """What is compared of it."""
        kept = ((key, one) for key, one in self.bound.items() if _is_kept(self.name, key, one))
        return {**{key: id(one) for key, one in kept}, **{key: held for key, (_, held) in self._held.items()}}

    def _is_borne(self, key: str, before: Any) -> bool:
        known = harmless.ENTRIES.get(f"{self.name}.{key}", ())
        now = vars(self.module).get(key, ())
        return bool(known) and [id(one) for one in now if one not in known or id(one) in before] == before


def _is_kept(module: str, name: str, value: Any) -> bool:
    if name[:1] == "_" and name not in _REGISTRIES.get(module, ()):
        # a table in which packages tell another of themselves
        return type(value) in _COLLECTIONS and name[-1:] != "_" and not homes.is_standard(module)
    return type(value) not in _CODE and not issubclass(type(value), type)


def _registries(module: str, bound: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """Where others tell of their types: what a function does for each, and what classes of packages hold."""
    own = not homes.is_standard(module)
    for key, one in bound.items():
        kind = type(one)
        if kind is types.FunctionType:
            table = vars(one).get("registry")  # of functools.singledispatch
            if type(table) is types.MappingProxyType:
                yield f"{key}.registry", table
        elif own and issubclass(kind, type) and one.__module__ == module:
            for name, held in vars(one).items():
                # an enumeration keeps its members so, and each combination of flags once it is asked for
                if type(held) in _COLLECTIONS and name[-1:] != "_":
                    yield f"{key}.{name}", held


def _copied(value: Any) -> Any:
    """Of a collection what is in it."""
    if value is copyreg.dispatch_table:  # under any name
        return None
    if isinstance(value, (dict, types.MappingProxyType)):
        return list(value), list(map(id, value.values()))
    return list(map(id, value))


_COLLECTIONS = (dict, list, set, collections.OrderedDict, collections.defaultdict, collections.deque)
_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
_REGISTRIES = {
    "shutil": ("_ARCHIVE_FORMATS", "_UNPACK_FORMATS"),
    "xml.etree.ElementTree": ("_namespace_map",),
    "webbrowser": ("_browsers", "_tryorder"),
}
_RESTLESS = (
    *("sys", "time", "linecache", "copyreg", "warnings", "mimetypes", "gc", "tempfile", "os", "posix"),
    *("builtins", "logging", "decimal", "sqlite3", "codecs", "random", "signal", "csv", "zoneinfo", "atexit"),
)
"""They keep what they were asked for, or are looked at otherwise."""
