"""Runs on a terminal, forked as those in a pipe are (:mod:`.warm`)."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.patience import MINUTES

from . import warm
from .space import Space


class Terminal:
    """A pytest run that believes it sits on a terminal of 24 by 100."""

    def __init__(self, space: Space, *args: str, env: Mapping[str, str] | None = None) -> None:
        import fcntl
        import pty
        import struct
        import termios

        environ = {**space.environ(TERM="xterm", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"), **(env or {})}
        environ.pop("COLUMNS")
        self.fd, inner = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.out = ""
        self.seen = 0
        self.code: int | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="terminal-")
        hears = Path(self._folder.name, "hears")
        os.mkfifo(hears)
        self._hears, self._heard = os.open(hears, os.O_RDONLY | os.O_NONBLOCK), b""
        warm.on_terminal(
            ["-p", "pytest_monorepo.plugin", "--monorepo", *args],
            cwd=space.root,
            environ=environ,
            usual=Space(space.root).environ(),
            tty=os.ttyname(inner),
            hears=hears,
        )
        self.pid = self._number()
        os.close(inner)

    def expect(self, text: str) -> None:
        """Read until ``text`` has come, after what was expected before."""
        while (found := self.out.find(text, self.seen)) < 0:
            assert self._read(), f"no {text!r} in:\n{self.out}"
        self.seen = found + len(text)

    def type(self, line: str) -> None:
        os.write(self.fd, f"{line}\n".encode())

    def press(self, key: str) -> None:
        os.write(self.fd, key.encode())

    def insist(self, key: str, text: str, seconds: float = 10) -> None:
        """Press ``key``, again after some seconds of silence, until ``text`` comes.

        A signal between Python's last look for one and readline's ``select`` is heard at the next key only.
        """
        while (found := self.out.find(text, self.seen)) < 0:
            self.press(key)
            while select.select([self.fd], [], [], seconds)[0]:
                assert self._read(), f"no {text!r} in:\n{self.out}"
                if text in self.out[self.seen :]:
                    break
            seconds *= 2
            assert seconds < 2 * MINUTES, f"no {text!r} in:\n{self.out}"
        self.seen = found + len(text)

    def end(self) -> str:
        while self._read():
            pass
        self.close()
        return self.out

    def close(self) -> None:
        if self.code is None:
            if not self.out.rstrip().endswith("="):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            self.code = self._number()
            os.close(self.fd)
            os.close(self._hears)
            self._folder.cleanup()

    def _number(self) -> int:
        while b"\n" not in self._heard:
            assert select.select([self._hears], [], [], MINUTES)[0], f"no word of it:\n{self.out}"
            data = os.read(self._hears, 64)
            assert data, f"whoever waits for it has ended:\n{self.out}"
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return int(line)

    def _read(self) -> bool:
        if not select.select([self.fd], [], [], MINUTES)[0]:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.out += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


def screen(out: str) -> list[str]:
    """What a terminal shows in the end, for the few sequences that are used; colours left out."""
    rows, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\n|\r|[^\x1b\n\r]+", out):
        if token == "\n":
            row, column = row + 1, 0
        elif token == "\r":
            column = 0
        elif token.endswith("A") and token.startswith("\x1b"):
            row -= int(token[2:-1] or 1)
        elif token.endswith("C") and token.startswith("\x1b"):
            column += int(token[2:-1] or 1)
        elif token.endswith("K") and token.startswith("\x1b"):
            rows[row] = "" if token[2:-1] == "2" else rows[row][:column]
        elif not token.startswith("\x1b"):
            rows[row] = rows[row].ljust(column)[:column] + token + rows[row][column + len(token) :]
            column += len(token)
        while row >= len(rows):
            rows.append("")
    return [line.rstrip() for line in rows]


@pytest.fixture
def terminal(space: Space) -> Iterator[type[Terminal]]:
    if sys.platform == "win32":
        pytest.skip("needs a pseudo terminal")
    opened: list[Terminal] = []

    class Opened(Terminal):
        def __init__(self, space: Space, *args: str, env: Mapping[str, str] | None = None) -> None:
            super().__init__(space, *args, env=env)
            opened.append(self)

    yield Opened
    for one in opened:
        one.close()
