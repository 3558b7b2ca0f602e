"""File contents on their way to a node: packs of some megabytes, each content with its digest."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from pytest_monorepo.errors import MonorepoError

from .manifest import FILE, Manifest, digest_of

MOST = 8 << 20
"""Bytes of content in a pack; a larger file is a pack of its own."""


def packs(top: Path, manifest: Manifest, lacking: Collection[str]) -> Iterator[bytes]:
    """All contents of these digests. Raises where a file is no longer what the manifest says."""
    wanted = set(lacking)
    waiting: list[bytes] = []
    size = 0
    for entry in manifest.entries:
        if entry.kind != FILE or entry.digest not in wanted:
            continue
        wanted.discard(entry.digest)
        waiting.append(_content(top, entry.path, entry.digest))
        size += len(waiting[-1])
        if size >= MOST:
            yield _packed(waiting)
            waiting, size = [], 0
    if waiting:
        yield _packed(waiting)


def _content(top: Path, path: str, digest: str) -> bytes:
    try:
        content = (top / path).read_bytes()
    except OSError as error:
        raise MonorepoError(
            f"{path}: changed while it was sent to the nodes ({error.strerror}): run again"
        ) from None
    if digest_of(content) != digest:
        raise MonorepoError(f"{path}: changed while it was sent to the nodes: run again")
    return content


def _packed(contents: list[bytes]) -> bytes:
    return zlib.compress(b"".join(len(content).to_bytes(8, "big") + content for content in contents), 1)


def unpacked(pack: bytes) -> dict[str, bytes]:
    """Each content under the digest that it has, whoever sent it."""
    data, found, at = zlib.decompress(pack), dict[str, bytes](), 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 8], "big")
        content = data[at + 8 : at + 8 + size]
        found[digest_of(content)] = content
        at += 8 + size
    return found
