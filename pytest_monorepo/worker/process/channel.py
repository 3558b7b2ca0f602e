"""The worker's end of its socket to the controller."""

from __future__ import annotations

import os
import select
import socket
from typing import Any, Iterable, List

from .. import wire

_MOST_SIBLINGS = 64


class Channel:
    """The worker's end of its socket. Messages are written whole; commands are looked at between tests.

    ``lines`` has read the job from it, and with the job perhaps the first commands, ``already``.
    """

    def __init__(self, sock: socket.socket, lines: wire.Lines, already: Iterable[Any] = ()) -> None:
        self._sock = sock
        self._pid = os.getpid()
        self._pending: List[bytes] = []
        self._lines = lines
        self._already = list(already)
        self.fds: List[int] = []

    @property
    def is_ours(self) -> bool:
        """False in a process that a test has forked."""
        return os.getpid() == self._pid

    def send(self, message: object) -> None:
        """Queue a message; :meth:`flush` writes. A child that a test forked stays silent."""
        if self.is_ours:
            self._pending.append(wire.encode(message))

    def flush(self) -> None:
        # Everything said about a test is in the kernel before the next one can crash the process.
        if self._pending and self.is_ours:
            data, self._pending = b"".join(self._pending), []
            self._sock.sendall(data)

    def commands(self) -> List[Any]:
        """What the controller has said meanwhile, without waiting."""
        if self._already:
            already, self._already = self._already, []
            return already
        if not select.select([self._sock], [], [], 0)[0]:
            return []
        return self._receive()

    def wait(self) -> List[Any]:
        """Wait for at least one command."""
        commands, self._already = self._already, []
        while not commands:
            commands = self._receive()
        return commands

    def wait_for(self, kind: type) -> None:
        """Wait for one command of a kind; what else is said meanwhile is for those who ask next."""
        while True:
            for index, command in enumerate(self._already):
                if isinstance(command, kind):
                    del self._already[index]
                    return
            self._already += self._receive()

    def _receive(self) -> List[Any]:
        if not hasattr(self._sock, "recvmsg"):  # Windows
            data = self._sock.recv(65536)
        else:
            data, fds = wire.received(self._sock, 65536, _MOST_SIBLINGS)
            self.fds += fds
        if not data:
            os._exit(1)  # the controller is gone; nobody will read a word of ours
        return self._lines.feed(data)

    def close(self) -> None:
        self._sock.close()

    def replaced_by(self, sock: socket.socket) -> None:
        """In a forked sibling: speak through a channel of its own from now on."""
        self._sock, self._pid, self._pending, self._already = sock, os.getpid(), [], []
        self._lines = wire.Lines()
        self.fds = []
