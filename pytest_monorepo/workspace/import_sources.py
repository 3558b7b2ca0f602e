"""The bytes of the workspace's files, read at most once and only where the cache does not know them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .import_cache import ImportCache
from .import_scan import Import, scan, scan_text, sieve

CODE = (".py", ".pyw", ".pyx")
# A file as young as this may change again within one tick of its file system's clock.
_SETTLED_NS = 2_000_000_000


class Sources:
    """What each file of the workspace imports; paths are relative to ``root``.

    ``blobs`` maps paths whose content git knows to git's hash of it. With a ``reader`` (a commit's, say) the
    disk is not touched at all.
    """

    def __init__(
        self,
        root: Path,
        blobs: Mapping[str, str],
        cache: ImportCache,
        reader: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self._prefix = os.path.join(root, "")
        self._blobs = blobs
        self._cache = cache
        self._reader = reader
        self._scanned: dict[str, tuple[Import, ...]] = {}

    def numbers(self, path: str) -> Sequence[int]:
        """The names that the sieve finds in a file, as numbers of the cache's names."""
        key = self._blobs.get(path) or self._stamp(path)
        found = self._cache.sieved(_kind(path, key)) if key else None
        if found is not None:
            return found
        source = self._read(path)
        if path.endswith(CODE):
            names: Sequence[str] = sieve(source)
        else:
            names = sorted({imported.module for imported in scan_text(source).imports})
        numbers = self._cache.numbered(names)
        if key and self._trusted(key, source):
            self._cache.keep_sieved(_kind(path, key), numbers)
        return numbers

    def imports(self, path: str) -> tuple[Import, ...]:
        """What a file imports at run time, exactly."""
        if path not in self._scanned:
            self._scanned[path] = self._scan(path)
        return self._scanned[path]

    def _scan(self, path: str) -> tuple[Import, ...]:
        key = self._blobs.get(path) or self._stamp(path)
        found = self._cache.scanned(_kind(path, key)) if key else None
        if found is not None:
            return found
        source = self._read(path)
        imports = (scan(source, path) if path.endswith(CODE) else scan_text(source)).imports
        if key and self._trusted(key, source):
            self._cache.keep_scanned(_kind(path, key), imports)
        return imports

    def _read(self, path: str) -> bytes:
        if self._reader is not None:
            return self._reader(path) or b""
        try:
            with open(self._prefix + path, "rb", buffering=0) as file:
                return file.readall()
        except OSError:
            return b""

    def _stamp(self, path: str) -> str:
        """A key for a file that git has no hash of; empty where there is none to trust."""
        if self._reader is not None:
            return ""
        try:
            state = os.stat(self._prefix + path)
        except OSError:
            return ""
        if time.time_ns() - state.st_mtime_ns < _SETTLED_NS:
            return ""
        return f"{state.st_size}:{state.st_mtime_ns}:{path}"

    def _trusted(self, key: str, source: bytes) -> bool:
        """Whether the bytes read are those of the key.

        They are not where the file was written to since git looked, is a link (git hashes where it leads), or
        a filter or line ending stands between the two.
        """
        if ":" in key:
            return key == self._stamp(key.partition(":")[2].partition(":")[2]) and key.startswith(
                f"{len(source)}:"
            )
        algorithm = hashlib.sha256 if len(key) == 64 else hashlib.sha1
        return algorithm(b"blob %d\0" % len(source) + source).hexdigest() == key


def _kind(path: str, key: str) -> str:
    # the same bytes read as code and as a text with doctests import different things
    return key if path.endswith(CODE) else "text " + key
