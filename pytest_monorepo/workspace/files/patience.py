"""Saying on a terminal what is being read, where that takes long: a silent wait looks like a hang."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager
from typing import IO

SECONDS = 5.0


class Patience(AbstractContextManager["Patience"]):
    """While it is entered, ``reading`` is told every few seconds; a slow file is told of while it is read."""

    def __init__(self, stream: IO[str] | None = None, seconds: float = SECONDS) -> None:
        self.reading = ""
        self._stream = sys.stderr if stream is None else stream
        self._seconds = seconds
        self._done = threading.Event()
        self._teller: threading.Thread | None = None

    def at(self, path: str) -> None:
        """The file that is read next. Whoever reads nothing starts no thread."""
        self.reading = path
        if self._teller is None and self._stream.isatty():
            self._teller = threading.Thread(target=self._tell, daemon=True)
            self._teller.start()

    def _tell(self) -> None:
        while not self._done.wait(self._seconds):
            print(f"monorepo: still reading what files import, now {self.reading}", file=self._stream)

    def __exit__(self, *error: object) -> None:
        self._done.set()
        if self._teller is not None:
            self._teller.join()
