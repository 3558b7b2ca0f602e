"""Where changed paths come from: the ``watchfiles`` library, in a thread of its own."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.files.relative import seen_from

from .changes import Event

INSTALL = "python -m pip install 'pytest-monorepo[watch]'"
_HEARTBEAT = 250
"""Milliseconds after which the library says that nothing happened, so that its first word is soon there."""


class Source:
    """Tells ``changed`` of batches of events below ``top``, with paths relative to ``root``.

    ``failed`` hears why watching ended. Nothing that happens after :meth:`start` has returned is missed.
    """

    def __init__(
        self,
        top: Path,
        root: Path,
        wanted: Callable[[str], bool],
        changed: Callable[[tuple[Event, ...]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._top = top
        self._root = root
        self._wanted = wanted
        self._changed = changed
        self._failed = failed
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._watch = _library()

    def start(self) -> None:
        """Watch; raises nothing, :attr:`failed` is told."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            batches = self._watch(
                self._top,
                watch_filter=lambda change, path: self._wanted(self._relative(path)),
                debounce=400,
                step=50,
                stop_event=self._stop,
                rust_timeout=_HEARTBEAT,
                yield_on_timeout=True,
            )
            for batch in batches:
                self._ready.set()
                if batch:
                    # its Change: added 1, modified 2, deleted 3
                    self._changed(tuple(Event(self._relative(path), int(kind) != 2) for kind, path in batch))
        except BaseException as error:
            self._failed(error)
        finally:
            self._ready.set()

    def _relative(self, path: str) -> str:
        return seen_from(self._root, path)


def _library() -> Callable[..., Any]:
    try:
        library = importlib.import_module("watchfiles")
    except ImportError:
        raise MonorepoError(f"--watch needs the package watchfiles: {INSTALL}") from None
    watch: Callable[..., Any] = library.watch
    return watch
