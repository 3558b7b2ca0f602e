"""How much may be looked at, in one turn, for what is otherwise while modules are imported.

Each look takes the longer the more is loaded, so that many modules which a file imports below what it does
would take the square of their number: numba imports hundreds when it first compiles a function, beside
registries of ten thousands of values, and that took minutes. Of the rest anything may be so.
"""

from __future__ import annotations

import collections
import contextlib
import time
from typing import Dict, Iterator

MOST = 100
MOST_SECONDS = 1.0
"""Of the processor, in one turn."""

_now = getattr(time, "thread_time", time.process_time)


class Looks:
    """Those of each turn."""

    def __init__(self) -> None:
        self._number: Dict[str, int] = collections.defaultdict(int)
        self._seconds: Dict[str, float] = collections.defaultdict(float)

    def one_more(self, turn: str, is_one: bool) -> bool:
        """Whether there may be one, where it is one."""
        self._number[turn] += is_one
        return self._number[turn] <= MOST

    def take_long(self, turn: str) -> bool:
        return self._seconds[turn] > MOST_SECONDS

    @contextlib.contextmanager
    def taking(self, turn: str) -> Iterator[None]:
        """What is done meanwhile is looking."""
        begun = _now()
        try:
            yield
        finally:
            self._seconds[turn] += _now() - begun
