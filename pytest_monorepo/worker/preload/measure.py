"""How long a worker's imports of installed packages take, for the choice of what to share."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from typing import Any, Dict, List, Tuple

from . import homes

_LEAST = 0.001
_MOST = 200


class Measure:
    """From :meth:`begin` on: processor seconds of each installed module that no other of them imported.

    A plugin: what is imported once the tests are collected does not count. A test before it may find that
    what the import sets, registers or replaces is not yet so, as it were where all is imported ahead.

    The import system enters a private lock for each module that is not loaded yet, by its name in the module
    that implements importing (3.8 to 3.14; ``tests/worker/preload`` fails when that moves). Whoever stands in
    for the lock is in no traceback.
    """

    def __init__(self, root: str) -> None:
        self._homes = homes.installed(root)
        self._around: List[List[Tuple[str, float]]] = [[]]
        self._started: List[float] = []
        self._thread = threading.get_ident()
        self._ended = False

    def begin(self) -> None:
        bootstrap: Any = getattr(importlib, "_bootstrap", None)
        original: Any = getattr(bootstrap, "_ModuleLockManager", None)
        if original is None:
            return
        measure, thread, ident = self, self._thread, threading.get_ident

        class Timed(original):  # type: ignore[misc]
            def __enter__(self) -> None:
                original.__enter__(self)
                if ident() == thread and not measure._ended:
                    measure.enter()

            def __exit__(self, *error: object) -> None:
                if ident() == thread and not measure._ended:
                    measure.leave(self._name)
                original.__exit__(self, *error)

        bootstrap._ModuleLockManager = Timed

    def pytest_collection_finish(self) -> None:
        self._ended = True

    def enter(self) -> None:
        self._around.append([])
        self._started.append(time.process_time())

    def leave(self, name: str) -> None:
        if not self._started:  # it was entered before
            return
        seconds, within = time.process_time() - self._started.pop(), self._around.pop()
        # what an installed module imports is part of it
        self._around[-1] += [(name, seconds)] if self._is_installed(name) else within

    def _is_installed(self, name: str) -> bool:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        origin = getattr(spec, "origin", None)
        return isinstance(origin, str) and origin.startswith(self._homes)

    def seconds(self) -> Dict[str, float]:
        """Of the modules that took longest, in the order in which they came."""
        total: Dict[str, float] = {}
        for name, seconds in self._around[0]:
            total[name] = total.get(name, 0.0) + seconds
        least = max(_LEAST, *sorted(total.values(), reverse=True)[_MOST : _MOST + 1], 0.0)
        return {name: round(seconds, 4) for name, seconds in total.items() if seconds >= least}
