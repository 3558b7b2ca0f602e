"""What pytest sets around a test, and what the test then puts in its place: streams and warnings.

Between two files, when all else is looked at, pytest has taken its own away.
"""

from __future__ import annotations

import sys
import warnings
from threading import get_ident
from typing import Any, Dict, List, Optional, Set, Tuple

from .. import callers
from ..originals import identity
from ..record.asked import SAID
from ..record.loading import Otherwise
from .library.process import OF_STREAMS
from .names.said import FILTERS, SHOWS, STREAM, STREAMS, THREAD

WRITTEN = "how standard streams write"


class Around:
    """:meth:`notes` what is so before anything of a test, or of a file that is collected, has run."""

    def __init__(self) -> None:
        self._thread = get_ident()
        self._streams: Tuple[Any, ...] = ()
        self._filters: Optional[List[Any]] = None
        self._shows: Any = None
        self._shown: Any = None
        self._records = False
        self._states: Dict[int, Tuple[Any, Any]] = {}

    def notes(self, *, filtered: bool = False, records: bool = False) -> None:
        """``filtered``: by a mark of the test's own; ``records``: it is told what is logged."""
        self._streams = _streams()
        for stream in self._streams:
            if identity(stream) not in self._states:
                self._states[identity(stream)] = stream, _written_how(stream)
        self._shows, self._shown = _shows(), getattr(warnings, "showwarning", None)
        self._records = records
        if not filtered:
            self._filters = list(warnings.filters)

    def look(self) -> Set[str]:
        """What of the streams themselves is another than before: pytest has the same ones for each test."""
        before = [state for _, state in self._states.values()]
        self._states = {key: (one, _written_how(one)) for key, (one, _) in self._states.items()}
        return {WRITTEN} if before != [state for _, state in self._states.values()] else set()

    @property
    def elsewhere(self) -> bool:
        """Whether another thread than that of the tests asks."""
        return get_ident() != self._thread

    def frame(self) -> Any:
        """Where the thread of the tests is."""
        return sys._current_frames().get(self._thread)

    def otherwise(self) -> Otherwise:
        """What is not so now, for who asks: where a warning may be an error it is unknown who does."""
        found = {f"{SAID}{THREAD}"} if self.elsewhere else set()
        if self._streams and self._streams != _streams():
            found.add(f"{SAID}{STREAMS}")
            if any(_written(one) is None for one in _streams() if one not in self._streams):
                found.add(f"{SAID}{STREAM}")
        if self._streams and self._shown is not getattr(warnings, "showwarning", None):
            found.add(f"{SAID}{SHOWS}")
        if self._filters is not None and self._filters != warnings.filters:
            if any(one[0] == "error" for one in (*self._filters, *warnings.filters)):
                return None
            found.add(f"{SAID}{FILTERS}")
        return frozenset(found)

    def heard(self) -> Any:
        """How much those have been told who listen in pytest's place; ``None`` where nobody does."""
        counts = [_written(stream) for stream in _streams() if self._streams and stream not in self._streams]
        shows = _shows()
        if self._streams and shows != self._shows:
            counts.append(len(getattr(shows, "__self__", None) or ()))
        if self._records or callers.loaded("unittest._log"):
            counts.append(_logged(callers.loaded("logging")))
        return counts or None


def _streams() -> Tuple[Any, ...]:
    return sys.stdin, sys.stdout, sys.stderr


def _written_how(stream: Any) -> Any:
    """As ``reconfigure`` sets it, and what somebody has put there."""
    try:
        set_there = {name: identity(value) for name, value in vars(stream).items()}
    except TypeError:  # it holds nothing
        set_there = {}
    try:
        return [getattr(stream, name, None) for name in OF_STREAMS], set_there
    except Exception:  # somebody's own
        return None, set_there


def _shows() -> Any:
    """What a warning is handed to: ``catch_warnings(record=True)`` puts a list's own there."""
    # private (warnings.py of CPython 3.8 to 3.13); tests/inputs/owners/test_around.py fails when it moves
    return getattr(warnings, "_showwarnmsg_impl", None)


def _written(stream: Any) -> Any:
    try:
        return stream.tell()
    except Exception:  # it is closed, or somebody's own
        return None


def _logged(logging: Any) -> int:
    """How many records handlers have that keep them: pytest's, and those of ``assertLogs``."""
    if logging is None:
        return 0
    loggers = [logging.root, *list(logging.root.manager.loggerDict.values())]
    handlers = [one for logger in loggers for one in getattr(logger, "handlers", ())]
    kept = [getattr(one, "records", None) or getattr(one, "watcher", None) or () for one in handlers]
    return sum(len(one) if isinstance(one, list) else len(getattr(one, "records", ())) for one in kept)
