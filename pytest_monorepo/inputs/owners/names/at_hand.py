"""What code sees by way of a package that it has at hand, whether it has loaded that itself or not."""

from __future__ import annotations

import sys
from typing import Callable, Collection, Dict, Iterable, Mapping, Optional, Set

from ... import originals
from ...record.homes import OWN
from . import below
from .handed_out import has_hook
from .loads import Loads
from .looking_on import LookingOn
from .sources import Sources


class AtHand:
    """``homes`` are those of all modules, ``start`` names a source as the graph does.

    Of pytest, which imports packages of tests and looks at nothing there, and of installed packages nothing
    is noted.
    """

    def __init__(self, homes: Mapping[str, str], loads: Loads, start: Callable[[str], str]) -> None:
        self._homes = homes
        self._loads = loads
        self._start = start
        self._sources = Sources()
        self._below: Dict[str, Set[str]] = {}
        self._early: Dict[str, Set[str]] = {}
        self._wholes: Dict[str, Set[str]] = {}
        self._lookers: Optional[Dict[str, Set[str]]] = None

    def names(self, source: str, package: str) -> Optional[Set[str]]:
        """What a source of the workspace names below a package, as :meth:`Sources.names` tells."""
        return self._sources.names(source, package) if self._homes.get(source) == OWN else None

    def seen(self, source: str, package: str, target: str) -> Set[str]:
        """The modules, or ``package.*``, that a source sees below one that it has bound by ``target``."""
        if not below.leads_on(package, sys.modules):
            return set()  # whatever the source says of it, which would have to be parsed
        names = self.names(source, target)
        seen = set(below.candidates(names, package, sys.modules))
        if self._homes.get(source) != OWN:
            return seen
        if names is None or "" in names:
            self._note(self._wholes, source, {package})
            # not where pytest imports a test file
            if originals.attribute(sys.modules.get(package), "__path__") is None:
                held = below.packages(package, sys.modules)
                seen |= {f"{name}{below.EVERYTHING}" for name in held if self._homes.get(name) == OWN}
        self._note(self._below, source, seen)
        self._note(self._early, source, self._too_early(source, package, target, seen))
        return seen

    def _note(self, known: Dict[str, Set[str]], source: str, names: Set[str]) -> None:
        if names:
            known.setdefault(self._start(source), set()).update(names)

    def _too_early(self, source: str, package: str, target: str, seen: Iterable[str]) -> Set[str]:
        """Of that what it looks at while it is imported, when only others may have loaded it.

        Where the package has them loaded when they are looked at (PEP 562), they are there for everybody.
        """
        perhaps = {
            name
            for name in seen
            if not (name.endswith(below.EVERYTHING) or self._loads.surely_before(source, name))
            and not has_hook(sys.modules.get(name.rpartition(".")[0]))
        }
        if not perhaps:
            return perhaps
        names = self._sources.names(source, target, at_import=True)
        return perhaps.intersection(below.candidates(names, package, sys.modules))

    def below(self, reached: Collection[str]) -> Set[str]:
        """What of all that the nodes in ``reached`` see, whoever has loaded it."""
        return _of(self._below, reached)

    def early(self, reached: Collection[str]) -> Set[str]:
        """Of this what one has looked at before it was surely loaded."""
        return _of(self._early, reached)

    def giving(self, reached: Collection[str]) -> Set[str]:
        """The packages that one of them looks at as a whole, and that keep what they are asked for."""
        if self._lookers is None:
            self._lookers = {}
            for source, packages in LookingOn(self._homes, self._sources, self._loads).all().items():
                self._note(self._lookers, source, packages)
        wholes = {name for name in _of(self._wholes, reached) if has_hook(sys.modules.get(name))}
        return wholes | _of(self._lookers, reached)


def _of(known: Mapping[str, Set[str]], reached: Collection[str]) -> Set[str]:
    found: Set[str] = set()
    return found.union(*(known[node] for node in known.keys() & set(reached)))
