"""Who has asked for which logger by its name, and so can see what an import has set there.

``logging.getLogger(__name__).addHandler(logging.NullHandler())`` in a package is done by whoever imports it
first, and would be by each who imports it: nobody else can see it but who asks for that logger, or for one
below it, without importing the package.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterable, Iterator, NamedTuple, Set, Tuple

from .homes import OTHER, OWN, RUNNER
from .scopes import Scopes, is_code_of


class Then(NamedTuple):
    """What somebody had loaded by then, and which modules had only begun to be imported."""

    loads: FrozenSet[str]
    begun: FrozenSet[str]

    def both(self, other: Then) -> Then:
        return Then(self.loads & other.loads, self.begun | other.begun)


class Logged:
    """``later`` are asked for by functions of modules; ``by_then`` in turns, or by a module while that is
    imported: each with what had been loaded there by then.

    ``fresh`` are modules that are being imported and found their own logger as it was made. ``lookers`` have
    looked at all loggers that there are.
    """

    def __init__(self) -> None:
        self.later: Dict[str, Set[str]] = {}
        self.by_then: Dict[str, Dict[str, Then]] = {}
        self.fresh: Set[str] = set()
        self.lookers: Set[str] = set()

    def asks(self, scopes: Scopes, frame: Any, name: str, *, fresh: bool) -> None:
        """``fresh``: nothing has been set at the logger yet."""
        names = set(_with_parents(name))
        for module, imports in _modules(scopes, frame):
            if imports:
                if module == name and fresh:
                    self.fresh.add(name)
                break
            self.later.setdefault(module, set()).update(one for one in names if not _is_below(module, one))
        self.notes(*asker(scopes, frame), names)

    def notes(self, who: str, then: Then, names: Iterable[str]) -> None:
        """By then it has asked for these."""
        known = self.by_then.setdefault(who, {})
        for one in names:
            if not _is_below(who, one):
                known[one] = known[one].both(then) if one in known else then

    def names(self) -> Set[str]:
        """All that somebody has asked for."""
        return set().union(*self.later.values(), *self.by_then.values())

    def looks(self, scopes: Scopes, frame: Any) -> None:
        """Somebody looks at all loggers."""
        for module, imports in _modules(scopes, frame):
            self.lookers.add(module)
            if imports:
                return
        scopes.looks_at_all()


def asker(scopes: Scopes, frame: Any) -> Tuple[str, Then]:
    """The module that is being imported, else whose turn it is, and what that had loaded by now."""
    who = next((module for module, imports in _modules(scopes, frame) if imports), scopes.turn_of_thread)
    begun = frozenset(_begun(frame))
    above = begun.intersection(_with_parents(who.rpartition(".")[0]))
    loads = set().union(*(scopes.loads.get(one, ()) for one in (who, *above)))
    return who, Then(frozenset(loads), begun)


def _begun(frame: Any) -> Iterator[str]:
    """The modules that are being imported, from the inside."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if frame.f_code.co_name == "<module>" and is_code_of(name, frame.f_globals):
            yield name
        frame = frame.f_back


def _modules(scopes: Scopes, frame: Any) -> Iterator[Any]:
    """(a module at work that is nobody's of the library, whether it is being imported), from the inside."""
    while frame is not None:
        variables = frame.f_globals
        home = scopes.homes.of(variables)
        if home == RUNNER and not scopes.homes.lends(variables):
            return
        if home in (OWN, OTHER):
            name = str(variables.get("__name__"))
            yield name, frame.f_code.co_name == "<module>" and is_code_of(name, variables)
        frame = frame.f_back


def _with_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _is_below(module: str, name: str) -> bool:
    """Whether a module is the one that is called so, or lies in it: then that has been imported before."""
    return module == name or module.startswith(f"{name}.")
