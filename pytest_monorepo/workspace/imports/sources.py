"""The bytes of the workspace's files, read at most once and only where the cache does not know them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.patience import Patience
from pytest_monorepo.workspace.files.tree import is_blob

from .cache import ImportCache
from .crowd import helping, shares
from .one_file.found import Import

# A file as young as this may change again within one tick of its file system's clock.
_SETTLED_NS = 2_000_000_000
_AT_ONCE = 1 << 16
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def _bytes_of(path: str) -> bytes:
    """What a file holds: half the time of ``open``, for files that are read by the ten thousand."""
    file = os.open(path, _READING)
    try:
        parts = []
        while part := os.read(file, _AT_ONCE):  # some file systems give less than is there
            parts.append(part)
    finally:
        os.close(file)
    return b"".join(parts)


class _Sieved(NamedTuple):
    """What stands for a file's content, the names in it, and whether they are ``trusted`` to be of that."""

    key: str
    names: Sequence[str]
    trusted: bool


class Sources:
    """What each file of the workspace imports; paths are relative to ``root``.

    ``blobs`` maps paths whose content git knows to git's hash of it. With ``read`` (a commit's, say) the
    disk is not touched at all. ``doubtful`` are files whose bytes were not those of their hash.
    """

    def __init__(
        self,
        root: Path,
        blobs: Mapping[str, str],
        cache: ImportCache,
        read: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self._prefix = os.path.join(root, "")
        self._blobs = blobs
        self._cache = cache
        self._read_other = read
        self._scanned: dict[str, tuple[Import, ...]] = {}
        self.doubtful: set[str] = set()

    def numbers(self, paths: Iterable[str]) -> dict[str, Sequence[int]]:
        """The names that the sieve finds in each file, as numbers of the cache's names."""
        blob, known = self._blobs.get, self._cache.sieved
        found: dict[str, Sequence[int]] = {}
        new: list[str] = []
        for path in paths:
            key = blob(path)
            # the hot path of a run in which nothing is new: two look-ups
            numbers = known.get(key) if key and path.endswith(CODE) else None
            if numbers is None:
                numbers = known.get(self._key(path))
            if numbers is None:
                new.append(path)
                numbers = ()
            found[path] = numbers
        if new:
            found.update(self._read_all(new))
        return found

    def _read_all(self, paths: Sequence[str]) -> Iterator[tuple[str, Sequence[int]]]:
        """The names in files that are not known, by several processes where they are many."""
        parts = [paths] if self._read_other is not None else shares([(p, self._size(p)) for p in paths])
        read: dict[str, _Sieved] = {}
        with helping(parts[1:], self._sieved) as answers, Patience() as patience:
            for path in parts[0]:
                patience.at(path)
                read[path] = self._sieved(path)
            read.update((path, _Sieved(*found)) for path, found in answers())
            for path in paths:
                if path not in read:  # of a process that failed
                    patience.at(path)
                    read[path] = self._sieved(path)
                yield path, self._kept(path, read[path])

    def _sieved(self, path: str) -> _Sieved:
        from .one_file.scan import scan_text
        from .one_file.sieve import sieve

        key = self._key(path)
        source = self._read(path)
        if path.endswith(CODE):
            names: Sequence[str] = sieve(source)
        else:
            names = sorted({imported.module for imported in scan_text(source).imports})
        return _Sieved(key, names, self._is_of(path, key, source))

    def _kept(self, path: str, found: _Sieved) -> Sequence[int]:
        numbers = self._cache.numbered(found.names)
        if found.trusted:
            self._cache.keep_sieved(found.key, numbers)
        else:
            self.doubtful.add(path)
        return numbers

    def _size(self, path: str) -> int:
        try:
            return os.stat(self._prefix + path).st_size
        except OSError:
            return 0

    def imports(self, path: str) -> tuple[Import, ...]:
        """What a file imports at run time, exactly."""
        if path not in self._scanned:
            self._scanned[path] = self._scan(path)
        return self._scanned[path]

    def _scan(self, path: str) -> tuple[Import, ...]:
        key = self._key(path)
        found = self._cache.scanned(key)
        if found is not None:
            return found
        from .one_file.scan import scan, scan_text

        source = self._read(path)
        imports = (scan(source) if path.endswith(CODE) else scan_text(source)).imports
        if self._trusted(path, key, source):
            self._cache.keep_scanned(key, imports)
        return imports

    def keys(self, paths: Iterable[str]) -> set[str]:
        """The cache's keys of files, to tell what is still in use."""
        return {self._key(path) for path in paths}

    def _read(self, path: str) -> bytes:
        if self._read_other is not None:
            return self._read_other(path) or b""
        try:
            return _bytes_of(self._prefix + path)
        except OSError:
            return b""

    def contents(self, paths: Iterable[str]) -> list[str]:
        """What stands for the content of each file; empty where nothing does."""
        blob = self._blobs.get
        return [blob(path) or self._stamp(path) for path in paths]

    def _key(self, path: str) -> str:
        """What stands for a file's content in the cache; empty where nothing can be trusted to."""
        key = self._blobs.get(path) or self._stamp(path)
        # the same bytes read as code and as a text with doctests import different things
        return key if path.endswith(CODE) or not key else f"text {key}"

    def _stamp(self, path: str) -> str:
        if self._read_other is not None:
            return ""
        try:
            state = os.stat(self._prefix + path)
        except OSError:
            return ""
        # tools that unpack or copy set the first of the two back
        times = state.st_mtime_ns, state.st_ctime_ns
        if time.time_ns() - max(times) < _SETTLED_NS:
            return ""
        return f"{state.st_size}:{times[0]}:{times[1]}:{path}"

    def _trusted(self, path: str, key: str, source: bytes) -> bool:
        """Whether the bytes read are those of the key; remembers where they are not."""
        trusted = self._is_of(path, key, source)
        if not trusted:
            self.doubtful.add(path)
        return trusted

    def _is_of(self, path: str, key: str, source: bytes) -> bool:
        """Whether the bytes are those of the key.

        They are not where the file was written to since git looked, is a link (git hashes where it leads), or
        a filter stands between the two.
        """
        blob = self._blobs.get(path)
        if not blob:
            return (
                bool(key) and key == self._key(path) and len(source) == int(key.split(":")[0].split(" ")[-1])
            )
        return is_blob(source, blob)
