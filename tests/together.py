"""Which tests one worker of pytest-xdist runs together: those of a file that look at one and the same run.

With ``-n`` each worker sets up such a run for itself; by the scheduler that comes with pytest-xdist the tests
of a file go to several of them. Everything else is dealt out in handfuls. What takes long is begun first: at
the end one worker would run it alone.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from .sampling import shares

HANDFUL = 8


def units(root: Path, nodeids: Iterable[str]) -> Mapping[str, str]:
    """For each test the name of what it is run with, by one worker and in a row."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for nodeid in nodeids:
        file = nodeid.partition("::")[0]
        count = counts[file] = counts.get(file, -1) + 1
        found[nodeid] = file if shares(root / file) else f"{file} {count // HANDFUL}"
    return found


LONG = (r"\bmark\.slow\b", r"\b(Space|pytester|subprocess|repository|git)\b")
"""What files of tests hold that take long: who has slow ones, and then who starts processes."""


@cache
def rank(file: Path) -> int:
    """When the tests of a file are begun: ``0`` is first."""
    text = file.read_text(encoding="utf-8")
    return next((place for place, pattern in enumerate(LONG) if re.search(pattern, text)), len(LONG))


def in_order(root: Path, queue: Mapping[str, Mapping[str, bool]]) -> list[str]:
    """The units of ``queue`` in order; a test of a file of few takes longer than one of a large table."""
    files = {unit: next(iter(tests)).partition("::")[0] for unit, tests in queue.items()}
    sizes = Counter[str]()
    for unit, tests in queue.items():
        sizes[files[unit]] += len(tests)
    return sorted(queue, key=lambda unit: (rank(root / files[unit]), sizes[files[unit]]))


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """By ``--dist=loadscope``, where a scope is a unit."""

    workqueue: OrderedDict[str, dict[str, bool]]
    _is_in_order = False

    def schedule(self) -> None:
        nodeids = next(iter(self.registered_collections.values()))
        self._units = units(self.config.rootpath, nodeids)
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._units[nodeid]

    def _assign_work_unit(self, node: Any) -> None:
        if not self._is_in_order:
            self._is_in_order = True
            order = in_order(self.config.rootpath, self.workqueue)
            self.workqueue = OrderedDict((unit, self.workqueue[unit]) for unit in order)
        super()._assign_work_unit(node)
