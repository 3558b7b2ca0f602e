"""Which files that are still to run are one with a file, by what it has left.

Once all are, nobody need look what they leave: they are replayed together or not at all. A project whose
common modules keep what they were asked for (``functools.lru_cache``) comes to that with its first test.
"""

from __future__ import annotations

from typing import Dict, Mapping, Set

from ..record.asked import asked_for
from ..record.scopes import Scopes
from .names.below import EVERYTHING
from .names.loads import closure
from .state import Change


def ones(change: Change, scopes: Scopes, modules: Mapping[str, Set[str]]) -> Set[str]:
    """The files that surely see what has changed; ``modules`` are those that the tests of files are in."""
    if any(not asked_for(facet) for facet in change.facets):
        return set(scopes.files)
    if not change.modules:
        return set()
    importers = _importers(scopes)
    reaching = closure(change.modules, lambda name: importers.get(name, ()))
    return {file for file in scopes.files if not reaching.isdisjoint({file, *modules.get(file, ())})}


def _importers(scopes: Scopes) -> Dict[str, Set[str]]:
    """Who surely reaches a module: not by what may be below a package."""
    found: Dict[str, Set[str]] = {}
    for source, targets in scopes.edges.items():
        for target in targets:
            if not target.endswith(EVERYTHING):
                found.setdefault(target, set()).add(source)
                _add_packages(target, found)
    return found


def _add_packages(name: str, found: Dict[str, Set[str]]) -> None:
    """Who imports a module has imported the packages that it lies in."""
    above = name.rpartition(".")[0]
    while above and name not in found.get(above, ()):
        found.setdefault(above, set()).add(name)
        name, above = above, above.rpartition(".")[0]
