"""What is known of every file's imports, kept between runs in one file.

Entries are keyed by what a file holds (git's hash of it, or size and time where git has none) and say
nothing about which projects exist, so that adding a project makes none of them stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pytest_monorepo.workspace.files import kept as kept_file

from .one_file.found import Import

# What ast understands depends on the Python that runs it; the number grows with what the sieve can see.
HEADER = f"pytest-monorepo imports 28 {sys.version_info[0]}.{sys.version_info[1]}"
_SPARE = 4
# as many bytes are loaded in the time that it takes to sieve one file again
_BYTES_A_FILE = 100_000


class ImportCache:
    """Loaded from ``file`` where that is whole and ours, else empty; ``None`` keeps nothing.

    ``names`` numbers the module names; ``sieved`` maps keys to the numbers of what the sieve found.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.names: list[str] = []
        self.sieved: dict[str, Sequence[int]] = {}
        self._scanned: dict[str, Sequence[tuple[str, int, str]]] = {}
        self._changed = False
        if file is not None:
            self._load(file)
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def _load(self, file: Path) -> None:
        body = kept_file.load(file, HEADER)
        if body is not None:
            self.names, self.sieved, self._scanned = json.loads(body)

    def scanned(self, key: str) -> tuple[Import, ...] | None:
        """The imports that the exact scan found in the file of this key."""
        found = self._scanned.get(key)
        if found is None:
            return None
        return tuple(Import(module, line, kind) for module, line, kind in found)  # type: ignore[arg-type]

    def numbered(self, names: Sequence[str]) -> list[int]:
        """The numbers of ``names``; new ones get the next."""
        numbers = self._numbers
        for name in names:
            if name not in numbers:
                numbers[name] = len(self.names)
                self.names.append(name)
        return [numbers[name] for name in names]

    def keep_sieved(self, key: str, numbers: Sequence[int]) -> None:
        self.sieved[key] = numbers
        self._changed = True

    def keep_scanned(self, key: str, imports: Sequence[Import]) -> None:
        self._scanned[key] = [(found.module, found.line, found.kind) for found in imports]
        self._changed = True

    @property
    def keeps(self) -> bool:
        """Whether anything outlives the run."""
        return self._file is not None

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return self._changed and self.keeps

    def save(self, used: Collection[str] | None = None) -> None:
        """Write what this run used and, within limits, what other commits did; failing to is no error.

        Whoever looked at a few files only names none: then all is kept.
        """
        if self._file is None:
            return
        names = self.names
        kept: Mapping[str, Sequence[int]] = self.sieved
        if used is not None and len(kept) > _SPARE * len(used):
            names, kept = _compacted(names, {key: kept[key] for key in used if key in kept})
        scanned = {key: found for key, found in self._scanned.items() if key in kept}
        body = json.dumps([names, kept, scanned], separators=(",", ":")).encode("ascii")
        kept_file.save(self._file, HEADER, body)


def known_of(file: Path | None, files: int) -> ImportCache:
    """What is known of all files, where that is loaded sooner than so many of them are read again."""
    try:
        worth = file is not None and files > 0 and file.stat().st_size <= files * _BYTES_A_FILE
    except OSError:
        worth = False
    return ImportCache(file if worth else None)


def _compacted(
    names: Sequence[str], kept: Mapping[str, Sequence[int]]
) -> tuple[list[str], Mapping[str, Sequence[int]]]:
    """The entries with new numbers, and only the names that these refer to."""
    used = sorted({number for numbers in kept.values() for number in numbers})
    new = {number: position for position, number in enumerate(used)}
    found = {key: [new[number] for number in numbers] for key, numbers in kept.items()}
    return [names[number] for number in used], found
