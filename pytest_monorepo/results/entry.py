"""One kept result: the inputs, the values that they had, and everything that the workers said."""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass
from typing import Any

from pytest_monorepo.worker import protocol

from .section import Section

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """``base`` names the inputs that it shares with others; ``payload`` holds the workers' messages, packed.

    ``created`` is in epoch seconds, ``commit`` the commit's short name then, ``seconds`` what the tests took.
    """

    project: str
    created: float
    commit: str
    base: str
    own: Section
    payload: bytes
    tests: int
    seconds: float

    def encoded(self) -> bytes:
        data = {
            "format": FORMAT,
            "project": self.project,
            "created": self.created,
            "commit": self.commit,
            "base": self.base,
            "own": self.own.plain(),
            "tests": self.tests,
            "seconds": self.seconds,
        }
        header = packed(data)
        return len(header).to_bytes(4, "big") + header + self.payload

    def decoded_messages(self) -> list[Any]:
        """The messages as values; raises :class:`protocol.ProtocolError` for what is none."""
        return [protocol.decode(json.dumps(message).encode("ascii")) for message in unpacked(self.payload)]

    @property
    def origin(self) -> str:
        """``3f2c1ab, 2 h ago``."""
        age = ago(time.time() - self.created)
        return f"{self.commit}, {age}" if self.commit else age


def packed(data: object) -> bytes:
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode("ascii"), 1)


def unpacked(data: bytes) -> Any:
    """Raises ``ValueError`` for what was not packed."""
    try:
        return json.loads(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(str(error)) from None


def decoded(data: bytes) -> Entry:
    """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything but an entry of this format."""
    size = int.from_bytes(data[:4], "big")
    plain = unpacked(data[4 : 4 + size])
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']}")
    return Entry(
        str(plain["project"]),
        float(plain["created"]),
        str(plain["commit"]),
        str(plain["base"]),
        Section.of(plain["own"]),
        data[4 + size :],
        int(plain["tests"]),
        float(plain["seconds"]),
    )


def ago(seconds: float) -> str:
    """``just now``, ``5 min ago``, ``2 h ago``, ``3 days ago``."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} days ago"
