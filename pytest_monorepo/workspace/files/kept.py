"""Files of ours that count only if they are whole; other runs see the old one or the new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pytest_monorepo import writing


def load(file: Path, header: str) -> bytes | None:
    """What :func:`save` wrote under the same ``header``.

    A digest covers torn writes and bad disks, so that nothing in it has to be doubted.
    """
    try:
        first, _, body = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    return body if first == _first(header, body) else None


def save(file: Path, header: str, *parts: bytes) -> None:
    """Write the parts, one after the other; failing to is no error: a run without costs time and no more."""
    body = b"".join(parts)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        writing.replace(file, _first(header, body) + b"\n" + body)


def cut(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """The parts of these sizes."""
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size


def _first(header: str, body: bytes) -> bytes:
    return f"{header} {hashlib.sha256(body).hexdigest()}".encode()
