"""What pytest holds for all files, and one of them may change: values of shared fixtures, its own objects.

A module's variables are compared in :mod:`state`; these are in none. What pytest itself sets anew while tests
run is its own affair.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import functools
import itertools
import operator
import pathlib
import sys
import types
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Set, Tuple

from .. import callers
from ..originals import identity, is_class
from ..record.asked import FIXTURE
from ..record.homes import KEEPS, OWN, STANDARD, Homes
from . import hidden, loops, objects
from .glance import CONTAINERS, PLAIN

_UNKNOWN = object()

# 8 and 9; some of them 6.2 and 7 alone
_RESTLESS = {
    *("testsfailed", "testscollected", "shouldstop", "shouldfail", "items", "exitstatus"),
    *("_setupstate", "_collection_cache", "_initialpaths", "_initialparts", "_bestrelpathcache"),
    *("_notfound", "_initial_parts", "_pkg_roots", "_arg2fixturedefs", "startdir", "_basetemp"),
    *("_next_number",),
    # _inicache is compared apart: it fills when somebody asks
    *("_inicache", "_ignored_config_files", "_cleanup", "_cleanup_stack", "_parsed"),
    *("_name2plugin", "_plugin2hookcallers", "_plugin_distinfo", "_conftest_plugins", "_dirpath2confmods"),
    *("_conftestpath2mod", "_configured", "_duplicatepaths", "_get_directory", "skipped_plugins"),
}
_AS_THEY_ARE = (
    *(type, types.ModuleType, types.BuiltinFunctionType, types.MethodType, pathlib.PurePath, enum.Enum),
    *(argparse.Namespace, contextlib.ExitStack),
)
"""What nobody changes in place, or only pytest; options are compared one by one."""


class Held:
    """``fixtures`` are set up for several files, ``names`` are those of all that ever were.

    ``session`` is pytest's, once the collection is over, and ``folders`` the other nodes that files share.
    """

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self.fixtures: List[Any] = []
        self.names: Set[str] = set()
        self.session: Any = None
        self.folders: Dict[str, Any] = {}
        self._values: Dict[str, Any] = {}
        self._unknown: Set[str] = set()
        self._flat: List[Any] = []
        self._plain: Dict[str, Any] = {}
        self._deep: Dict[str, Any] = {}
        self._states: Dict[str, Any] = {}
        self._ini: Dict[str, Any] = {}
        self._classes: Dict[str, Tuple[int, ...]] = {}

    def begins(self, fixture: Any) -> None:
        """It has been set up: its value is what it is at first. Not one that has left by ``sys.exit``."""
        self.fixtures = [one for one in self.fixtures if one is not fixture and _is_set_up(one)]
        self.names.add(_name(fixture))
        if not _is_set_up(fixture):
            return
        self.fixtures.append(fixture)
        self._unknown.discard(_name(fixture))
        self._values[_name(fixture)] = self._value(_name(fixture))

    def comes_to_file(self) -> None:
        """What pytest, or a hook of its, has set between two files that are collected is no file's doing."""
        if self.session is None:
            return
        flat = self._held()
        if len(flat) != len(self._flat) or not all(map(operator.is_, flat, self._flat)):
            self._attributes()
        self._settings()

    def look(self) -> Set[str]:
        """What has changed since, in words. What comes and goes with a fixture is no change."""
        self.fixtures = list(filter(_is_set_up, self.fixtures))
        before, self._values = self._values, {}
        for name in set(map(_name, self.fixtures)):
            self._values[name] = self._value(name)
        changed = {name for name, now in self._values.items() if _differs(before.get(name, now), now)}
        return changed | self._attributes() | self._settings() | self._of_classes()

    def _of_classes(self) -> Set[str]:
        """Classes of pytest of which somebody has set another attribute; private ones it sets itself."""
        before, self._classes = self._classes, {}
        for name, one in vars(sys.modules["pytest"]).items():
            if is_class(one):
                self._classes[name] = tuple(
                    identity(value) for key, value in list(vars(one).items()) if key[:1] != "_"
                )
        changed = (name for name, now in self._classes.items() if before.get(name, now) != now)
        return {f"attributes of pytest.{name}" for name in changed}

    def _value(self, name: str) -> Any:
        """What could not be told once is not looked at until it is set up again."""
        if name in self._unknown:
            return _UNKNOWN
        values = (one.cached_result[0] for one in self.fixtures if _name(one) == name)
        state = _state([value for value in values if not loops.is_set(value)])
        if state is _UNKNOWN:
            self._unknown.add(name)
        return state

    def _attributes(self) -> Set[str]:
        before, self._flat = self._flat, self._held()
        if len(before) == len(self._flat) and all(map(operator.is_, before, self._flat)):
            return self._inside()
        was, named = self._plain, dict(self._named())
        self._deep = {name: value for name, value in named.items() if self._is_deep(name, value)}
        self._plain = {name: None if name in self._deep else _told(value) for name, value in named.items()}
        come_or_gone = {name for name in {*was, *named} if (name in was) != (name in named)}
        return self._inside() | come_or_gone | {name for name in was if was[name] != self._plain.get(name)}

    def _settings(self) -> Set[str]:
        """What pytest has read from its files, each as it was, or as it is for who asks first."""
        if self.session is None:
            return set()
        before, self._ini = self._ini, _ini_options(self.session.config)
        changed = {name for name, now in self._ini.items() if before and before.get(name, now) != now}
        for name in self._ini.keys() - before.keys() if before else ():
            given = before.get(f"{_DEFAULT}{name}", _UNKNOWN)
            first = _asked_anew(self.session.config, name) if given is _UNKNOWN else given
            # where another stands in its place the default is given to nobody any more
            if self._ini[name] != first and not name.startswith(_DEFAULT):
                changed.add(name)
        return {f"{name} of pytest's settings" for name in changed}

    def _inside(self) -> Set[str]:
        """What those hold that somebody has put there."""
        before, self._states = self._states, {name: _state([one]) for name, one in self._deep.items()}
        return {name for name, now in self._states.items() if _differs(before.get(name, now), now)}

    def _held(self) -> List[Any]:
        return list(itertools.chain.from_iterable(map(dict.values, self._holders().values())))

    def _holders(self) -> Dict[str, Dict[Any, Any]]:
        found = {"pytest": vars(sys.modules["pytest"])}
        if self.session is not None:
            config = self.session.config
            found.update({"pytest's config": vars(config), "pytest's options": vars(config.option)})
            found.update({"pytest's session": vars(self.session)})
            found.update({f"the node {name}": vars(one) for name, one in self.folders.items()})
            nodes = {"the session": self.session, **self.folders}
            found.update({f"keywords of {name}": one.keywords._markers for name, one in nodes.items()})
            found["pytest's plugin manager"] = vars(config.pluginmanager)
            found["the arguments that are known"] = vars(config.known_args_namespace)
            for holder, one in _OF_PYTEST.items():
                found[holder] = getattr(one(config), "__dict__", {})
            found.update({"the config's stash": _stashed(config), "the session's": _stashed(self.session)})
            found["pytest's plugins"] = dict(config.pluginmanager.list_name_plugin())
        return found

    def _named(self) -> Iterator[Tuple[str, Any]]:
        for holder, held in self._holders().items():
            for name, value in list(held.items()):
                word = name if isinstance(name, str) else f"key {identity(name)}"
                if word not in _RESTLESS and not word.startswith("__"):
                    yield f"{word} of {holder}", value

    def _is_deep(self, name: str, value: Any) -> bool:
        """Whether somebody but pytest may have put it there, who changes it in place."""
        kind = type(value)
        if kind in PLAIN or issubclass(kind, _AS_THEY_ARE) or name.partition(" of ")[0] in _pytests_keys():
            return False
        if kind is types.FunctionType:
            return self.homes.of(value.__globals__) == OWN
        if kind.__module__.startswith(callers.OURS):
            return False
        holder = sys.modules.get(kind.__module__)
        home = STANDARD if holder is None else self.homes.of(vars(holder))
        if name.endswith(" of pytest"):  # the module, in which hardly anything is not pytest's own
            return home == OWN or kind in CONTAINERS or hidden.is_opaque(kind)
        return home in (OWN, STANDARD, KEEPS) or hidden.is_opaque(kind)


_DEFAULT = "default of "


def _ini_options(config: Any) -> Dict[str, Any]:
    """What is known of them, and the lists that are given to who asks for one that no file sets."""
    found = {name: _set_to(value) for name, value in list(config._inicache.items())}
    for name, told in config._parser._inidict.items():
        given = [one for one in told if type(one) is list and one is not config._inicache.get(name)]
        found.update({f"{_DEFAULT}{name}": _set_to(one) for one in given})
    return found


def _asked_anew(config: Any, name: str) -> Any:
    try:
        return _set_to(config._getini(name))
    except Exception:  # an option that has come meanwhile, or one that only somebody's own code knows
        return None


_OF_PYTEST: Dict[str, Callable[[Any], Any]] = {
    "the factory of temporary folders": lambda config: getattr(config, "_tmp_path_factory", None),
    "pytest's logging": lambda config: config.pluginmanager.get_plugin("logging-plugin"),
}


def _set_to(value: Any) -> Any:
    values = value if type(value) is list else [value]
    if all(type(one) in PLAIN for one in values):
        return type(value), [(type(one), one) for one in values]
    return _state([value])


def _told(value: Any) -> Any:
    return (type(value), value) if type(value) in PLAIN else identity(value)


def _is_set_up(fixture: Any) -> bool:
    return fixture.cached_result is not None and fixture.cached_result[2] is None


def _stashed(holder: Any) -> Dict[Any, Any]:
    """A stash cannot be asked for its keys; before pytest 7 it was a store."""
    stash = getattr(holder, "stash", None)
    found: Dict[Any, Any] = holder._store._store if stash is None else stash._storage
    return found


@functools.lru_cache(maxsize=None)  # noqa: UP033 (3.8 has no cache)
def _pytests_keys() -> FrozenSet[str]:
    """By which pytest keeps what it counts and collects while tests run."""
    loaded = [module for name, module in list(sys.modules.items()) if name.startswith("_pytest.")]
    values = [value for module in loaded for value in vars(module).values()]
    return frozenset(
        f"key {identity(one)}" for one in values if type(one).__name__ in ("StashKey", "StoreKey")
    )


def _name(fixture: Any) -> str:
    return f"{FIXTURE}{fixture.argname}"


def _state(values: List[Any]) -> Any:
    try:
        return objects.of_values(values)
    except Exception:  # too much, or it is like nothing else
        return _UNKNOWN


def _differs(before: Any, now: Any) -> bool:
    return now is _UNKNOWN or bool(before != now)
