"""Which classes are registered with abstract ones of libraries: ``Mapping.register(…)``.

``isinstance`` gives another answer for them from then on. Who registers is told by the class's module, since
only who has the class can see it.
"""

from __future__ import annotations

import abc
from typing import Any, Dict, List, Set, Tuple

from ...originals import identity, variables
from .. import hidden


class Registered:
    """A token of :mod:`abc`'s is another after each registration: nothing is asked without one."""

    def __init__(self) -> None:
        self._token: Any = abc.get_cache_token()
        self._abstract: List[type] = []
        self._numbers: Set[int] = set()
        self._known: Dict[Tuple[int, int], str] = {}
        self._asked: Tuple[Any, int, Dict[Tuple[int, int], str]] = (None, 0, {})

    def adds(self, module: Any) -> None:
        """A module of a library has been loaded; what is registered with its classes by now is known."""
        values = [one for one in list(variables(module).values()) if issubclass(type(one), abc.ABCMeta)]
        new = [cls for cls in values if "_abc_impl" in vars(cls) and identity(cls) not in self._numbers]
        self._numbers.update(map(identity, new))
        self._abstract += new
        self._known.update(self._of(new))

    def begins(self, name: str) -> None:
        """A module registers classes of its own while it is imported: who reaches it has them so."""
        if self._token == abc.get_cache_token():
            return
        top = name.partition(".")[0]
        self._known.update((key, home) for key, home in self._now().items() if home.partition(".")[0] == top)

    def changed(self) -> Set[str]:
        """The modules of the classes that have been registered since."""
        token = abc.get_cache_token()
        if token == self._token:
            return set()
        self._token, before, self._known = token, self._known, self._of(self._abstract)
        return {home for key, home in self._known.items() if key not in before}

    def _now(self) -> Dict[Tuple[int, int], str]:
        """As long as nothing is registered anew, and no classes come, it is asked once, however many begin.

        A class that has gone meanwhile has left its registration to nobody: what is known for the one that
        lies in its place has come by a registration of its own, with another token.
        """
        token, number = abc.get_cache_token(), len(self._abstract)
        if self._asked[:2] != (token, number):
            self._asked = token, number, self._of(self._abstract)
        return self._asked[2]

    def _of(self, abstract: List[type]) -> Dict[Tuple[int, int], str]:
        return {
            (identity(cls), identity(one)): str(getattr(one, "__module__", ""))
            for cls in abstract
            for one in hidden.registered_classes(cls)
        }
