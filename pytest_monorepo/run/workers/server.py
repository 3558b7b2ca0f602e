"""A fork server as the controller knows it: asked for workers, listened to, dismissed."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pytest_monorepo.worker import protocol, wire

from . import ahead, processes
from .grandchild import Grandchild

Process = subprocess.Popen[bytes] | ahead.Child | Grandchild


class Server:
    """``ready`` once it has said so; ``failure`` says why it never will be, or no longer is."""

    def __init__(self, python: str, control: socket.socket, process: Process, log: Path) -> None:
        self.python = python
        self.control = control
        self.process = process
        self.log = log
        self.lines = wire.Lines()
        self.ready: protocol.Ready | None = None
        self.failure: str | None = None
        self.shared: protocol.Shared | protocol.CannotShare | None = None

    def fork(self, number: int, channel: socket.socket, *, measure: bool, sole: bool) -> None:
        """Ask for a worker at the other end of ``channel``; raises ``OSError`` where nobody listens."""
        self._ask(protocol.Fork(number, measure, sole), channel)

    def share(self, order: protocol.Share, channel: socket.socket) -> None:
        """Ask for a server that imports modules for its workers; raises ``OSError`` as :meth:`fork` does."""
        self._ask(order, channel)

    def _ask(self, order: protocol.Fork | protocol.Share, channel: socket.socket) -> None:
        if self.failure:
            raise OSError(self.failure)
        try:
            socket.send_fds(self.control, [wire.encode(order)], [channel.fileno()])
        except OSError:
            raise OSError(self.why_it_ended()) from None

    def received(self) -> bytes | None:
        """What has come, without waiting; ``None`` where nothing has, empty where the other end is closed."""
        if self.control.fileno() < 0:
            return None
        try:
            return self.control.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:  # closed with words of ours unread
            return b""

    def heard(self, data: bytes) -> Iterator[protocol.Forked | protocol.Exited]:
        """What ``data`` tells of workers; what it tells of the server is noted."""
        for message in self.lines.feed(data):
            if isinstance(message, protocol.Ready):
                self.ready = message
            elif isinstance(message, protocol.Shared):
                self.shared = message
            elif isinstance(message, protocol.CannotShare):
                self.shared = message
                self.failure = f"{message.module} {message.reason}"
            elif isinstance(message, protocol.CannotStart):
                self.failure = f"{self.python}: {message.reason}"
            elif isinstance(message, (protocol.Forked, protocol.Exited)):
                yield message

    def why_it_ended(self) -> str:
        """In words for the user, with the last line that it has written."""
        if self.failure:
            return self.failure
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        tail = self.log.read_text(errors="replace").strip().splitlines()[-1:]
        code = self.process.returncode
        how = processes.describe_exit(code) if code is not None else "no answer"
        return f"{self.python} ended early ({how})" + (f": {tail[0]}" if tail else "")

    def dismiss(self) -> None:
        """Tell it to end, without waiting."""
        with contextlib.suppress(OSError):
            self.control.sendall(wire.encode(protocol.Dismissed()))
        self.control.close()
