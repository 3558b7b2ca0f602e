"""Single keys from the terminal, which is given back as it was found."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

ESCAPE = "\x1b"
BACKSPACE = ("\x7f", "\b")
ENTER = ("\r", "\n")


class Keyboard:
    """While it is open, each key pressed is given to ``press``, from a thread of its own.

    There are no keys, and that is no error, without a terminal, in the background and on Windows.
    """

    def __init__(self, press: Callable[[str], None]) -> None:
        self._press = press
        self._fd: int | None = None
        self._saved: list[Any] = []
        self._wake: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._old_cont: Any = None

    @property
    def open(self) -> bool:
        return self._fd is not None

    def __enter__(self) -> Keyboard:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Take the terminal over; nothing happens where it cannot be."""
        if self._fd is not None or sys.platform == "win32":
            return
        import termios

        try:
            if not os.isatty(0) or os.tcgetpgrp(0) != os.getpgrp():
                return
            # as it was at first, whatever a test has done to it since
            self._saved = self._saved or termios.tcgetattr(0)
        except (OSError, termios.error):
            return
        self._fd = 0
        self._single_keys()
        # the shell sets the terminal its own way while we are stopped
        self._old_cont = signal.signal(signal.SIGCONT, lambda *_: self._single_keys())
        self._wake = os.pipe()
        self._thread = threading.Thread(target=self._read, args=(0, self._wake[0]), daemon=True)
        self._thread.start()

    def _single_keys(self) -> None:
        if sys.platform == "win32" or self._fd is None:
            return
        import termios
        import tty

        with contextlib.suppress(termios.error):
            tty.setcbreak(self._fd, termios.TCSADRAIN)

    def stop(self) -> None:
        """Give the terminal back."""
        if sys.platform == "win32" or self._fd is None or self._wake is None or self._thread is None:
            return
        import termios

        os.write(self._wake[1], b".")
        self._thread.join()
        for fd in self._wake:
            os.close(fd)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._saved)
        signal.signal(signal.SIGCONT, self._old_cont)
        self._fd = self._wake = self._thread = None

    def _read(self, fd: int, wake: int) -> None:
        while True:
            ready, _, _ = select.select([fd, wake], [], [])
            if wake in ready:
                return
            try:
                text = os.read(fd, 256).decode("utf-8", "replace")
            except OSError:
                return
            if not text:
                return
            if text.startswith(ESCAPE) and len(text) > 1:
                continue  # an arrow or a function key
            for char in text:
                self._press(char)


class Line:
    """A line typed key by key: ``None`` from :meth:`press` while it goes on, then the text.

    ``Esc`` ends it without a text, which :attr:`cancelled` tells.
    """

    def __init__(self, prompt: str, write: Callable[[str], None]) -> None:
        self._text = ""
        self._write = write
        self.cancelled = False
        write(prompt)

    def press(self, key: str) -> str | None:
        if key in ENTER:
            self._write("\n")
            return self._text.strip()
        if key == ESCAPE:
            self._write("\n")
            self.cancelled = True
            return ""
        if key in BACKSPACE:
            if self._text:
                self._text = self._text[:-1]
                self._write("\b \b")
        elif key.isprintable():
            self._text += key
            self._write(key)
        return None
