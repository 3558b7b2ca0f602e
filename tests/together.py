"""Which tests one worker of pytest-xdist runs together: those of a file that look at one and the same run.

With ``-n`` each worker sets up such a run for itself; by the scheduler that comes with pytest-xdist the tests
of a file go to several of them. Everything else is dealt out in handfuls, and the large files come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

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


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """By ``--dist=loadscope``, where a scope is a unit."""

    def schedule(self) -> None:
        nodeids = next(iter(self.registered_collections.values()))
        self._units = units(self.config.rootpath, nodeids)
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._units[nodeid]
