"""Which modules a test file loads by itself, whoever else has: surely, or perhaps."""

from __future__ import annotations

import sys
from typing import Callable, Collection, Dict, Iterable, Iterator, List, Mapping, Set

from ...record.scopes import ALL, COLLECTION, Scopes
from .below import EVERYTHING


class Loads:
    """What a function of a module imports, its users load only perhaps: not all of them call it.

    ``modules`` are test files' own, ``before`` was loaded before the collection.
    """

    def __init__(self, scopes: Scopes, modules: Mapping[str, Iterable[str]], before: Iterable[str]) -> None:
        self._own = scopes.loads
        self._any = {name: {*targets, *scopes.loads.get(name, ())} for name, targets in scopes.edges.items()}
        for name, targets in scopes.loads.items():
            self._any.setdefault(name, targets)
        self._before = _loaded([COLLECTION, *before], self._own)
        self._shared = _loaded([ALL], self._any)
        self._modules = modules
        self._surely: Dict[str, Set[str]] = {}
        self._perhaps: Dict[str, Set[str]] = {}

    def of(self, name: str) -> Set[str]:
        """All that a module has imported, in a function of its or not; of what is below others those, too."""
        return {one.partition(EVERYTHING)[0] for one in self._any.get(name, ())}

    def surely(self, file: str) -> Set[str]:
        """Those that are there whatever other files do."""
        if file not in self._surely:
            self._surely[file] = self._before | _loaded(self._starts(file), self._own)
        return self._surely[file]

    def by_then(self, who: str, loads: Iterable[str], begun: Collection[str] = ()) -> Set[str]:
        """Those that are there whatever others do once a module, or a file's test, has loaded these.

        What stands at the top of the file is there before its tests; what a module loads whose import has
        only ``begun`` may come later.
        """
        above = who.rpartition(".")[0]
        starts = [*loads, *self._modules.get(who, ()), *([above] if above in sys.modules else ())]
        return self._before | _loaded(starts, self._own, begun).difference(begun)

    def surely_before(self, who: str, name: str) -> bool:
        """Whether a module is there whatever others do when another one is imported, for all that is known.

        Who loads it has first loaded all that its package does, which is as far whoever comes to that: so it
        is no matter to a module of that package's own import, either.
        """
        begun = [who, *_above(who)]
        if name in self.by_then(who, self._own.get(who, ()), begun):
            return True
        return name in _loaded(_above(name), self._own)

    def loading(self, name: str, files: Iterable[str]) -> List[str]:
        """The files but for which the module may not be there; all where shared code loads it."""
        if name in self._before or name not in sys.modules:
            return []
        found = [file for file in files if name in self._may(file)]
        return list(files) if name in self._shared or not found else found

    def _may(self, file: str) -> Set[str]:
        if file not in self._perhaps:
            self._perhaps[file] = _loaded(self._starts(file), self._any)
        return self._perhaps[file]

    def _starts(self, file: str) -> List[str]:
        return [file, *self._modules.get(file, ())]


def _above(name: str) -> List[str]:
    """The packages that a module lies in."""
    parts = name.split(".")
    return [".".join(parts[:number]) for number in range(1, len(parts))]


def closure(starts: Iterable[str], following: Callable[[str], Iterable[str]]) -> Set[str]:
    """``starts`` and all that follows from them."""
    known: Set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting.extend(following(name))
    return known


def _loaded(
    starts: Iterable[str], links: Mapping[str, Iterable[str]], begun: Collection[str] = ()
) -> Set[str]:
    """With the packages that what is reached lies in; nothing by way of those that have only ``begun``."""

    def following(name: str) -> Iterator[str]:
        if name not in begun:
            yield from (one.partition(EVERYTHING)[0] for one in links.get(name, ()))
        parent = name.rpartition(".")[0]
        if parent and parent in sys.modules:
            yield parent

    return closure(starts, following)
