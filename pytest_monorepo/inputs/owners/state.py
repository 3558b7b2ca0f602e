"""What test files leave behind in the process: modules' variables, and what the process itself is set to.

Looked at between two files. A file that leaves something another way than it was, and another that could see
it, are one: only together do they mean what they mean in a run of all.
"""

from __future__ import annotations

import itertools
import sys
import types
from typing import Any, Collection, Dict, FrozenSet, Iterable, Iterator, List, Optional, Set

from .. import callers, originals
from ..originals import identity, is_class, is_module, variables
from ..probes.loggers import is_quiet
from ..record.asked import GIVEN, SAID, SEARCHED, VARIABLE
from ..record.homes import KEEPS, OTHER, OWN, RUNNER, STANDARD, Homes
from ..record.loading import NOTHING, Otherwise
from . import insides, lasting, loops
from .demanded import has_only_given
from .glance import CONTAINERS, OF_IMPORTS, PLAIN, Functions, Outline
from .insides import Insides
from .library.plain import Bundles, Plain
from .library.registered import Registered
from .library.restless import OF_CYTHON, PUT_BY_IMPORTS
from .library.rewritten import Rewritten
from .loose import Loose
from .names.said import ASKED, CONTEXT, LOGGERS, POLICY
from .settings import OF_THREADS, TOLD, VARIABLES, Facets, facet_now, facets_now, facets_of
from .shapes import UNKNOWN, Shapes


class Change:
    """What is another than it was: ``modules`` by name, ``facets`` of the process in words.

    ``taken`` are modules that are if they reach one of those named with them. ``heard`` have been imported
    where anything may have been set to hear of it.
    """

    def __init__(
        self,
        modules: Set[str],
        facets: Set[str],
        taken: Optional[Dict[str, FrozenSet[str]]] = None,
        heard: Collection[str] = (),
    ) -> None:
        self.modules = modules
        self.facets = facets
        self.taken = taken or {}
        self.heard = set(heard)

    def __bool__(self) -> bool:
        return bool(self.modules or self.facets or self.taken)

    def __or__(self, other: Change) -> Change:
        taken = {**self.taken, **other.taken}
        heard = self.heard | other.heard
        return Change(self.modules | other.modules, self.facets | other.facets, taken, heard)


class State:
    """The process as it was when last looked at.

    A fork server looks once for its workers, each of which goes on from there in :meth:`in_workspace`.
    """

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self._own: Dict[str, Any] = {}
        self._shapes = Shapes()
        self._other: Dict[str, Any] = {}
        self._outlines: Dict[str, Outline] = {}
        self._plain: Dict[str, Plain] = {}
        self._bundles = Bundles()
        self._functions = Functions()
        self._insides = Insides()
        self._given: Set[str] = set()
        self._registered = Registered()
        self._rewritten = Rewritten()
        self._loose = Loose(homes)
        self._loaded: Dict[str, int] = {}
        self._compared: Dict[str, str] = {}
        self._others: List[str] = []
        self._deep: List[str] = []
        self._begins = True
        self._facets: Facets = {}

    def in_workspace(self, homes: Homes) -> State:
        """The same for a job: what is loaded by now is how it was, and some of it may be the workspace's."""
        self.homes = homes
        self._own.clear()
        self._shapes = Shapes()
        self._begins, self._facets = True, {}
        self._rewritten, self._loose = Rewritten(), Loose(homes)
        for name in [name for name, home in self._compared.items() if home == OTHER or homes.is_plugin(name)]:
            del self._compared[name], self._loaded[name]
        return self

    def look(self) -> Change:
        """What has changed since. Modules that have come are no change, unless they were not imported."""
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        replaced = self._replaced(loaded)
        if replaced:
            self._shapes.doubt()
        facets = {*replaced, *self._set_otherwise(), *self._loose.changed(loaded)}
        registered = self._registered.changed()
        facets |= {f"class of {name} registered" for name in registered if not self._is_reached(name)}
        modules = {name for name in registered if self._is_reached(name)} | self._rewritten.changed()
        with originals.uncollected():
            modules |= self._changed(loaded)
        given, self._given = self._given, set()
        return Change(modules, facets.union(map(GIVEN.__add__, given)))

    def _changed(self, loaded: Dict[str, Any]) -> Set[str]:
        """The modules that are another way."""
        # not kept: nobody is to stay alive by us
        others = {name: loaded[name] for name in self._others}
        deep = {name: loaded[name] for name in self._deep}
        modules = self._functions.changed(others) | self._insides.changed(deep)
        own = {name: loaded[name] for name, home in self._compared.items() if home == OWN}
        for name, state in self._shapes.states(own).items():
            if self._own_differs(name, state):
                modules.add(name)
        return modules | self._others_changed(loaded)

    def _others_changed(self, loaded: Dict[str, Any]) -> Set[str]:
        """The installed modules that differ; those that surely do not are not asked one by one."""
        others = {name: loaded[name] for name, home in self._compared.items() if home == OTHER}
        calm = self._bundles.calm(others)
        self._bundles.keep(calm)
        found: Set[str] = set()
        for name, module in others.items():
            if name not in calm:
                before = self._outlines.get(name)
                outside = self._outside_differs(name, module)
                top = self._outlines[name] is not before
                if self._inside_differs(name, module, top=top) or outside:
                    found.add(name)
                self._bundles.adds(name, self._outlines[name], self._plain[name])
        return found

    def _is_reached(self, name: str) -> bool:
        """Whether it is known which files have what is in a module."""
        return self._compared.get(name) in (OWN, OTHER)

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
        put = (name for name in new if _was_put(name, loaded[name]))
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
        self._deep = [name for name, home in homes.items() if _is_deep(name, home)]
        deep = set(self._deep)
        for name in new:
            if name in deep or homes.get(name) == OTHER:
                self._registered.adds(loaded[name])
        self._others = [name for name, home in homes.items() if home != OWN and name not in deep]

    def _home(self, name: str, module: Any) -> str:
        """Empty for what is not compared: pytest has put it back after each test."""
        if not is_module(module) or name.startswith((*callers.OURS, *OF_CYTHON)):
            return ""
        home = self.homes.of(variables(module))
        # a plugin of the workspace's own keeps what it has seen for the next file, as a conftest does
        return "" if home == RUNNER or (home != OWN and self.homes.is_plugin(name)) else home

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

    @property
    def variables(self) -> Dict[str, str]:
        """Those of the environment when it was last looked at."""
        found: Dict[str, str] = self._facets[VARIABLES]
        return found

    def otherwise(
        self, *, loaded_only: bool, elsewhere: bool = False, apart: Collection[str] = NOTHING
    ) -> Otherwise:
        """What is another way than when it was last looked at, which stays what it was.

        Not what who reads it tells of by itself (:mod:`loading`). ``loaded_only``: of the modules that
        are loaded only which ones there are. ``elsewhere``: for another thread than that of the tests.
        ``apart`` are settings that are not asked for.
        """
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        if any(identity(loaded.get(name)) != before for name, before in self._loaded.items()):
            return None
        if any(_was_put(name, module) for name, module in loaded.items() if name not in self._loaded):
            return None
        searched = self._searched()
        if loaded_only or searched is None:
            return searched
        deep = {name: loaded[name] for name in self._deep}
        settings = self._set_for_now({*apart, *(OF_THREADS if elsewhere else NOTHING)})
        if settings is None:
            return None
        with originals.uncollected():
            if not self._insides.are_same(deep):
                return None
            functions = self._functions.differing({name: loaded[name] for name in self._others})
            if not all(map(self._is_reached, functions)):
                return None
            return functions.union(searched, settings, self._differing(loaded))

    def set_otherwise(self) -> lasting.Differences:
        """What is another way than when it was last looked at, but in modules of the workspace."""
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        now, found = facets_now(), {}
        for key, was in self._facets.items():
            if key not in TOLD and key != loops.CURRENT and now.get(key) != was:
                found[f"{lasting.SETTING}{key}"] = was, now.get(key)
        found.update(self._insides.differing({name: loaded[name] for name in self._deep if name in loaded}))
        calm = self._bundles.calm(loaded)
        for name in self._outlines:
            if (
                name in loaded
                and name not in calm
                and not (self._fits(name, loaded[name]) and self._plain[name].is_same(loaded[name]))
            ):
                before = _top(self._other[name]) + self._plain[name].picture
                found[name] = before, self.set_now(name)
        return found

    def set_now(self, name: str) -> Any:
        """What is there now under a name of :meth:`set_otherwise`."""
        if name.startswith(lasting.SETTING):
            return facet_now(name[len(lasting.SETTING) :])
        module = sys.modules.get(name)
        if not is_module(module):
            return None
        if name in self._outlines:
            return _top(_outside(module)) + self._plain[name].picture_now(module)
        return insides.picture(name, module)

    def is_patched(self) -> bool:
        """Whether the standard library is another than when it was last looked at."""
        loaded: Dict[str, Any] = dict(list(sys.modules.items()))
        deep = {name: loaded[name] for name in self._deep if name in loaded}
        return not self._insides.are_same(deep)

    def _set_for_now(self, apart: Collection[str]) -> Otherwise:
        now = facets_now()
        found = {
            key
            for key, was in self._facets.items()
            if key not in TOLD and key not in apart and now.get(key) != was
        }
        if loops.CURRENT in found:
            found = found - {loops.CURRENT} | {POLICY}
        if not found <= ASKED.keys():
            return None
        holders = self._holders(now[CONTEXT]) if CONTEXT in found else NOTHING
        return None if holders is None else holders.union(f"{SAID}{key}" for key in found)

    def _holders(self, now: Dict[int, Any]) -> Otherwise:
        """The modules that hold the context variables which are set otherwise: a proxy may ask for these."""
        left = {key for key, _ in self._facets[CONTEXT].items() ^ now.items()}
        names: Set[str] = set()
        for name, module in list(sys.modules.items()):
            held = set(map(identity, list(variables(module).values()))) if is_module(module) else set()
            if not left.isdisjoint(held):
                left -= held
                names.add(name)
        asked = {name for name in names if name.partition(".")[0] not in _OF_LOOPS}
        return frozenset(asked) if not left else None

    def _searched(self) -> Otherwise:
        """The folders that have come to the search path; where one has gone it is not known what is found."""
        before = self._facets["sys.path"]
        rest = iter(sys.path)
        if not all(folder in rest for folder in before):
            return None
        return frozenset(f"{SEARCHED}{folder}" for folder in {*sys.path}.difference(before))

    def _differing(self, loaded: Dict[str, Any]) -> Iterator[str]:
        """The modules of the workspace, and installed ones, that are otherwise."""
        own = {name: state for name, state in self._own.items() if name in loaded}
        known = {name: loaded[name] for name, state in own.items() if state is not UNKNOWN}
        now = self._shapes.states(known)
        yield from (name for name, state in own.items() if state is UNKNOWN or now[name] != state)
        calm = self._bundles.calm(loaded)
        for name in self._outlines:
            if name in loaded and name not in calm and not self._fits(name, loaded[name]):
                yield name
        for name, plain in self._plain.items():
            if name in loaded and name not in calm and not plain.is_same(loaded[name]):
                yield name

    def begins(self, module: Any) -> None:
        """A module's code has run: that is how its variables are at first.

        An installed package is looked at when all of it is there, since its modules make each other.
        """
        if not is_module(module):
            return  # a loader was given something else, which nobody imports
        name = str(variables(module)["__name__"])
        self._registered.begins(name)
        self._rewritten.begins(name)
        self._facets.update(facets_of(name, module))
        with originals.uncollected():
            self._begins_with(name, module)

    def _begins_with(self, name: str, module: Any) -> None:
        home = self.homes.of(variables(module))
        if home == OWN:
            self._own[name] = self._shapes.walk(name, module)
        elif _is_deep(name, home):
            self._insides.begins(name, module)
        elif home == OTHER and "." not in name and not self.homes.is_plugin(name):
            for other, one in list(sys.modules.items()):
                inside = other == name or other.startswith(f"{name}.")
                if inside and other not in self._other and is_module(one):
                    self._other[other], self._outlines[other] = _outside(one), Outline(one)
                    self._plain[other] = Plain(one)

    def settles(self, name: str) -> bool:
        """Whether a module's import has set its own logger, which each who imports it would.

        So nobody has left it another way; whatever else is set there, or later, somebody has.
        """
        logging: Any = callers.loaded("logging")
        known = self._facets.get(LOGGERS)
        one = logging.Logger.manager.loggerDict.get(name) if logging is not None else None
        if known is None or name in known or name in self._loaded or not isinstance(one, logging.Logger):
            return False
        said = facet_now(LOGGERS).get(name)
        if said is None or not is_quiet(logging, one):
            return False
        known[name] = said
        return True

    def _fits(self, name: str, module: Any) -> bool:
        """Whether the top of an installed module is as it was, but for what was asked of it."""
        return self._outlines[name].fits(module) or self._is_top(name, module, _outside(module))

    def _is_top(self, name: str, module: Any, now: List[Any]) -> bool:
        before = self._other[name]
        return bool(before == now or has_only_given(module, before, now))

    def _outside_differs(self, name: str, module: Any) -> bool:
        outline = self._outlines.get(name)
        if outline is not None and outline.fits(module):
            return False
        now = _outside(module)
        differs = outline is not None and (not self._is_top(name, module, now) or outline.has_lost())
        if outline is not None and not differs and self._other[name] != now:
            self._given.add(name)
        self._outlines[name], self._other[name] = Outline(module), now
        return differs

    def _inside_differs(self, name: str, module: Any, *, top: bool) -> bool:
        known = self._plain.get(name)
        if known is not None:
            return known.differs(module, top=top)
        self._plain[name] = Plain(module)
        return False

    def _own_differs(self, name: str, state: Any) -> bool:
        before = self._own.get(name, state)
        self._own[name] = state
        return bool(before != state or state is UNKNOWN)


_OF_LOOPS = {"sniffio", "anyio", "asyncio", "trio", "_pytest", "decimal", "_decimal", "unittest"}
"""They say by it that a test's event loop runs: to who asks for that."""


def _is_deep(name: str, home: str) -> bool:
    """Whether what is inside it is compared, but for what the library changes itself."""
    return home in (STANDARD, KEEPS) and name not in _APART


# of these something else is compared: :mod:`settings`, and sqlite3.dbapi2, which has all of _sqlite3
_APART = {"sys", "builtins", "__main__", "_sqlite3"}


def _outside(module: Any) -> List[Any]:
    """Of an installed module the top: what its variables are, how much its containers hold."""
    found: List[Any] = []
    for name, value in list(variables(module).items()):
        kind = type(value)
        if kind in CONTAINERS:
            found.append((name, identity(value), len(value)))
        elif kind in PLAIN:
            found.append((name, kind, value))
        elif is_class(value):
            if vars(value).get("__module__") == variables(module)["__name__"]:
                found.append((name, hash(tuple(map(identity, vars(value).values())))))
        elif name not in OF_IMPORTS and kind is not types.ModuleType:
            found.append((name, identity(value)))
    return found


def _top(outside: List[Any]) -> List[Any]:
    """Without how much is in a container, which is told beside it."""
    return [one if isinstance(one[1], type) else one[:2] for one in outside]


def _was_put(name: str, module: Any) -> bool:
    """Whether somebody has put it there, and not imported it."""
    return not (_has_origin(module) or name in PUT_BY_IMPORTS or name.startswith(OF_CYTHON))


def _has_origin(module: Any) -> bool:
    spec = variables(module).get("__spec__") if is_module(module) else None
    file = variables(module).get("__file__") if is_module(module) else None
    return spec is not None or isinstance(file, str)
