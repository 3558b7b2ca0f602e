"""What modules of the standard library are set to where no value of theirs tells it, or too many do."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, Dict, List

from ...originals import identity
from .. import objects


def loggers(logging: Any) -> Any:
    """Each logger that is not as it was made; pytest puts handlers on the root one and takes them off."""
    root, manager = logging.root, logging.root.manager
    usual = manager.loggerClass or getattr(logging, "_loggerClass", logging.Logger)
    found: Dict[str, Any] = {
        "": (root.level, root.disabled, manager.disable, _said(root.filters), _foreign(root.handlers)),
        ".": (identity(manager.loggerClass), identity(manager.logRecordFactory), _added(root)),
    }
    for name, one in list(manager.loggerDict.items()):
        if isinstance(one, logging.Logger):
            handlers, filters = list(map(_handler, one.handlers)), _said(one.filters)
            kind = None if type(one) is usual else identity(type(one))
            said = (one.level, one.propagate, one.disabled, handlers, filters, _added(one), kind)
            if said != (0, True, False, [], [], [], None):
                found[name] = said
    return found


_OF_LOGGERS = {
    *("name", "level", "parent", "propagate", "handlers", "disabled", "filters", "manager", "_cache"),
}


def _added(logger: Any) -> List[Any]:
    added = sorted(vars(logger).keys() - _OF_LOGGERS)
    return [(name, objects.state_of([vars(logger)[name]])) for name in added]


def _foreign(handlers: List[Any]) -> List[Any]:
    return [_handler(one) for one in handlers if not type(one).__module__.startswith("_pytest.")]


def _handler(one: Any) -> Any:
    """Which it is, and all that it holds: where it writes, and what in memory. Not of pytest's own."""
    if type(one).__module__.startswith("_pytest."):
        return identity(one), getattr(one, "level", None)
    return identity(one), _inside(one)


def _inside(one: Any) -> Any:
    streams = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    held = dict(vars(one))
    for name, value in list(held.items()):
        if any(value is stream for stream in streams):
            held[name] = identity(value)
        elif isinstance(value, io.IOBase):
            held[name] = identity(value), value
    return objects.state_of([type(one), held])


def _said(filters: Any) -> Any:
    """Each filter, which is a function or an object of anybody's, with what it holds."""
    return [objects.state_of([one]) for one in filters] if isinstance(filters, list) else []


def overloads(typing: Any) -> Any:
    """Which functions are registered as overloads, since Python 3.11."""
    known = getattr(typing, "_overload_registry", {})
    return {
        (module, name): [*map(identity, found.values())]
        for module, names in list(known.items())
        for name, found in list(names.items())
    }


def context(one: Any) -> Any:
    """A decimal context without the flags that each calculation raises."""
    traps = sorted(signal.__name__ for signal, on in one.traps.items() if on)
    return one.prec, one.rounding, one.Emin, one.Emax, one.capitals, one.clamp, traps


def flags(decimal: Any) -> Any:
    """Those that are raised, in the thread of who asks and in what is there to be copied."""
    of_all = (decimal.getcontext(), decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)
    return [[signal.__name__ for signal, raised in one.flags.items() if raised] for one in of_all]


def contexts(decimal: Any) -> Any:
    """Those that are there to be copied."""
    return [context(one) for one in (decimal.DefaultContext, decimal.BasicContext, decimal.ExtendedContext)]


def dialects(csv: Any) -> Any:
    """Each with all that it says."""
    found = {name: csv.get_dialect(name) for name in csv.list_dialects()}
    asked = (
        "delimiter",
        "doublequote",
        "escapechar",
        "lineterminator",
        "quotechar",
        "quoting",
        "skipinitialspace",
    )
    said = {name: [getattr(one, key) for key in (*asked, "strict")] for name, one in found.items()}
    return said, csv.field_size_limit()


def lines(linecache: Any) -> Any:
    """What somebody has put among the lines of files; what is made from a text has a name in ``<>``."""
    entries = list(linecache.cache.items())
    return {
        name: hash(tuple(entry[2]))
        for name, entry in entries
        if len(entry) > 1 and entry[1] is None and not str(name).startswith("<")
    }


_MADE: List[Any] = []


def types_of_files(mimetypes: Any) -> Any:
    """Nothing as long as the tables are those that whoever asks first has made."""
    maps = _maps(mimetypes)
    if not mimetypes.inited:
        return None if maps == _at_first(mimetypes) else repr(maps)
    if not _MADE:
        _MADE.append(_made_anew(mimetypes))
    return None if maps == _MADE[0] and _maps(_Database(mimetypes._db)) == _MADE[0] else repr(maps)


def _maps(module: Any) -> Any:
    return module.types_map, module.common_types, module.encodings_map, module.suffix_map


def _at_first(mimetypes: Any) -> Any:
    names = ("types_map", "common_types", "encodings_map", "suffix_map")
    return tuple(getattr(mimetypes, f"_{name}_default", getattr(mimetypes, name)) for name in names)


class _Database:
    """The tables of one, as the module has them."""

    def __init__(self, database: Any) -> None:
        self.common_types, self.types_map = database.types_map
        self.encodings_map, self.suffix_map = database.encodings_map, database.suffix_map


def _made_anew(mimetypes: Any) -> Any:
    """As ``mimetypes.init()`` makes them."""
    database = mimetypes.MimeTypes()
    for file in filter(os.path.isfile, mimetypes.knownfiles):
        database.read(file)
    return _maps(_Database(database))
