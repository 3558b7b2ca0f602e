"""What the controller tells a worker while its session runs: to stop, to go on, what to run next."""

from __future__ import annotations

import os
from typing import Any, List, Optional

import pytest

from . import protocol
from .process.channel import Channel


class Orders:
    """Obeyed between tests; ``session`` is set once there is one to be stopped."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.session: Optional[pytest.Session] = None
        self._chunks: List[List[int]] = []

    @property
    def stopped(self) -> bool:
        return self.session is not None and bool(self.session.shouldstop)

    def look(self) -> None:
        """Obey what has been said meanwhile."""
        self._obey(self.channel.commands())

    def wait(self) -> None:
        """Obey what is said next."""
        self._obey(self.channel.wait())

    def wait_for(self, kind: Any) -> Any:
        """The next command of a kind, the others obeyed; raises ``session.Interrupted`` once told to stop."""
        found = None
        while found is None:
            for command in self.channel.wait():
                if isinstance(command, protocol.Dismissed):
                    os._exit(0)
                if isinstance(command, kind):
                    found = command
                else:
                    self._obey([command])
            if self.session is not None and self.session.shouldstop:
                raise self.session.Interrupted(self.session.shouldstop)
        return found

    def next_chunk(self) -> List[int]:
        """The next tests to run; none when nothing is left or the run is stopped."""
        self.channel.send(protocol.NextWanted())
        self.channel.flush()
        while not self._chunks and not self.stopped:
            self.wait()
        return self._chunks.pop(0) if self._chunks else []

    def _obey(self, commands: List[Any]) -> None:
        for command in commands:
            if isinstance(command, protocol.Stop) and self.session is not None:
                self.session.shouldstop = command.reason
            elif isinstance(command, protocol.Run):
                self._chunks.append(command.tests)
