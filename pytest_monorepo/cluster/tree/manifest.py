"""The working tree as it is: raw bytes, modes and links, under an id of our own.

Git's hashes do not serve: a filter, LFS or an end-of-line rule makes what git stores another thing than what
is on disk, and the tests read the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pytest_monorepo.errors import MonorepoError

FILE, LINK, FOLDER = "file", "link", "folder"


@dataclass(frozen=True)
class Entry:
    """One file, symbolic link, or folder with nothing in it; ``path`` is relative, with slashes.

    ``digest`` is the SHA-256 of a file's content, or of a link's target; ``target`` is that target.
    """

    path: str
    kind: str
    mode: int
    digest: str
    size: int
    target: str = ""

    @property
    def line(self) -> str:
        return json.dumps([self.path, self.kind, self.mode, self.digest, self.size, self.target])


@dataclass(frozen=True)
class Manifest:
    """A whole tree; ``prefix`` is where in it the workspace's root is, ``""`` at its top."""

    entries: tuple[Entry, ...]
    prefix: str = ""

    @cached_property
    def id(self) -> str:
        """The same for the same tree, on every machine."""
        lines = sorted(entry.line for entry in self.entries)
        return hashlib.sha256("\n".join([self.prefix, *lines]).encode("ascii")).hexdigest()[:32]

    @property
    def data(self) -> bytes:
        rows = [json.loads(entry.line) for entry in self.entries]
        return zlib.compress(json.dumps([self.prefix, rows]).encode("ascii"), 1)

    @classmethod
    def of(cls, data: bytes) -> Manifest:
        prefix, rows = json.loads(zlib.decompress(data))
        return cls(tuple(Entry(*row) for row in rows), prefix)


def read(top: Path, paths: Iterable[str], prefix: str = "") -> Manifest:
    """What is at these paths now; what is gone is left out. Raises where something cannot be read."""
    found = (entry_of(top, path) for path in sorted(set(paths)))
    return Manifest(tuple(entry for entry in found if entry is not None), prefix)


def entry_of(top: Path, path: str) -> Entry | None:
    """``None`` for what is not there, or is neither a file, a link nor a folder."""
    file = top / path
    try:
        facts = file.lstat()
        if stat.S_ISLNK(facts.st_mode):
            target = os.readlink(file)
            return Entry(path, LINK, 0, digest_of(os.fsencode(target)), 0, target)
        if stat.S_ISDIR(facts.st_mode):
            return Entry(path, FOLDER, 0, "", 0)
        if not stat.S_ISREG(facts.st_mode):
            return None
        with file.open("rb") as stream:
            digest = hashlib.sha256()
            while block := stream.read(1 << 20):
                digest.update(block)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MonorepoError(f"{path}: cannot be sent to the nodes: {error.strerror}") from None
    return Entry(path, FILE, stat.S_IMODE(facts.st_mode), digest.hexdigest(), facts.st_size)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
