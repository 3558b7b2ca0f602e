"""One worker as the controller knows it: its channel, its process, and how it ended."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterable
from typing import Any

from pytest_monorepo.worker import protocol, wire

from .events import FromWorker
from .server import Server


class Worker:
    """``code`` and ``reason`` are what :class:`.events.Ended` will tell; ``pid`` is 0 until it is known."""

    def __init__(
        self,
        number: int,
        channel: socket.socket,
        *,
        pid: int = 0,
        process: subprocess.Popen[bytes] | None = None,
        server: Server | None = None,
        sibling: bool = False,
    ) -> None:
        self.number = number
        self.channel = channel
        self.lines = wire.Lines()
        self.pid = pid
        self.process = process
        self.server = server
        self.open = True
        self.code: int | None = None
        self.reason: str | None = None
        self.sibling = sibling
        self.left_behind: list[list[Any]] = []

    def heard(self, data: bytes) -> list[Any]:
        """The messages in ``data`` that are for others; raises :class:`protocol.ProtocolError`."""
        try:
            found = self.lines.feed(data)
        except protocol.ProtocolError as error:
            raise protocol.ProtocolError(str(error), self._for_others(error.before)) from None
        return self._for_others(found)

    def _for_others(self, found: Iterable[Any]) -> list[Any]:
        messages = []
        for message in found:
            if isinstance(message, protocol.Exited):  # its guard, which is the last to speak
                self.code, self.left_behind = message.code, message.left_behind
            elif isinstance(message, protocol.CannotStart):
                self.reason = message.reason
            elif isinstance(message, FromWorker):
                messages.append(message)
            else:
                raise protocol.ProtocolError(f"{type(message).__name__} is not for a worker to say", messages)
            if isinstance(message, protocol.Hello):
                self.pid = message.pid
        return messages
