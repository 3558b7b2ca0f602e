"""Who has asked for which logger by its name, and so can see what an import has set there.

``logging.getLogger(__name__).addHandler(logging.NullHandler())`` in a package is done by whoever imports it
first, and would be by each who imports it: nobody else can see it but who asks for that logger, or for one
below it, without importing the package.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterator, Set

from .homes import OTHER, OWN, RUNNER
from .scopes import Scopes, is_code_of


class Logged:
    """``later`` are asked for by functions of modules; ``by_then`` in turns, or by a module while that is
    imported: each with what had been loaded there by then.

    ``fresh`` are modules that are being imported and found their own logger as it was made. ``lookers`` have
    looked at all loggers that there are.
    """

    def __init__(self) -> None:
        self.later: Dict[str, Set[str]] = {}
        self.by_then: Dict[str, Dict[str, FrozenSet[str]]] = {}
        self.fresh: Set[str] = set()
        self.lookers: Set[str] = set()

    def asks(self, scopes: Scopes, frame: Any, name: str, *, fresh: bool) -> None:
        """``fresh``: nothing has been set at the logger yet."""
        names = set(_with_parents(name))
        asker = scopes.turn_of_thread
        for module, imports in _modules(scopes, frame):
            if imports:
                asker = module
                if module == name and fresh:
                    self.fresh.add(name)
                break
            self.later.setdefault(module, set()).update(one for one in names if not _is_below(module, one))
        known, loads = self.by_then.setdefault(asker, {}), frozenset(scopes.loads.get(asker, ()))
        for one in names:
            if not _is_below(asker, one):
                known[one] = known[one] & loads if one in known else loads

    def looks(self, scopes: Scopes, frame: Any) -> None:
        """Somebody looks at all loggers."""
        for module, imports in _modules(scopes, frame):
            self.lookers.add(module)
            if imports:
                return
        scopes.looks_at_all()


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
