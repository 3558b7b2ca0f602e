"""Which loggers a file can see that the import of a module of their name may have set."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, Iterator, List, Set, Tuple

from ...record.asked import LOGGER
from ...record.logged import Logged
from .loads import Loads


class Loggers:
    """``node`` names who has asked as the graph does; ``settled`` are modules that have set their own."""

    def __init__(
        self, logged: Logged, loads: Loads, node: Callable[[str], str], settled: Iterable[str]
    ) -> None:
        self.loads = loads
        self.settled = sorted(settled)
        self._later: List[Tuple[str, Set[str]]] = [(node(one), names) for one, names in logged.later.items()]
        self._early: List[Tuple[str, Set[str]]] = [
            (
                node(module),
                {name for name, then in asked.items() if name not in loads.by_then(module, *then)},
            )
            for module, asked in logged.by_then.items()
        ]
        self._seen: Dict[str, Set[str]] = {}

    def seen(self, file: str, reached: Set[str]) -> Set[str]:
        """Those that it has not set itself by then, by what it imports. ``reached`` are nodes."""
        if file not in self._seen:
            later = set().union(*(names for node, names in self._later if node in reached))
            early = set().union(*(names for node, names in self._early if node in reached))
            self._seen[file] = early | (later - self.loads.by_then(file, ()))
        return self._seen[file]

    def left(self, files: List[str]) -> Iterator[Tuple[str, List[str]]]:
        """(a logger, the files that load its module, any one of which is enough)."""
        for name in self.settled:
            loading = self.loads.loading(name, files)
            if loading:
                yield name, loading


def facet(name: str) -> str:
    return f"{LOGGER}{name}"
