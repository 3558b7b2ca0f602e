"""What coverage.py found in source files, kept between reports: to parse a file is half of what one costs.

Entries are keyed by all that an analysis depends on, so that none is ever stale: what the file holds, the
rules, what was executed of it. coverage.py's and Python's versions are the whole file's.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import coverage
from coverage.plugin import CodeRegion
from coverage.results import Analysis

from pytest_monorepo.workspace.files import kept as kept_file

# Which lines there are is the compiler's word: without asserts and docstrings under -O and -OO.
_HEADER = (
    f"pytest-monorepo analyses 1 coverage {coverage.__version__} {sys.implementation.cache_tag}"
    f" {sys.hexversion:x} {sys.flags.optimize}"
)
_SPARE = 4
_FIELDS = [field.name for field in fields(Analysis) if field.name != "filename"]


class Analyses:
    """Loaded from ``file`` where that is whole and ours, else empty; ``None`` keeps nothing."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        body = kept_file.load(file, _HEADER) if file is not None else None
        self._known: dict[bytes, bytes] = marshal.loads(body) if body is not None else {}
        self._used: dict[bytes, bytes] = {}
        self._changed = False

    def analysis(self, key: bytes, path: str) -> Analysis | None:
        """The analysis kept under ``key``, as that of the file at ``path``."""
        found = self._get(key)
        return Analysis(filename=path, **dict(zip(_FIELDS, found, strict=True))) if found else None

    def keep(self, key: bytes, found: Analysis) -> None:
        """Remember an analysis, of plain values; coverage.py counts exits in dicts of a kind of its own."""
        values = [getattr(found, name) for name in _FIELDS]
        self._put(key, [dict(value) if isinstance(value, dict) else value for value in values])

    def regions(self, source: str, find: Callable[[], Iterable[CodeRegion]]) -> list[CodeRegion]:
        """The functions and classes of a source, found with ``find`` where they are not known."""
        key = key_of("regions", source)
        found = self._get(key)
        if found is None:
            found = [(each.kind, each.name, each.start, each.lines) for each in find()]
            self._put(key, found)
        return [CodeRegion(*each) for each in found]

    def save(self) -> None:
        """Write what this report used and, within limits, what others did; failing to is no error."""
        if self._file is None or not self._changed:
            return
        kept = self._known | self._used
        if len(kept) > _SPARE * len(self._used):
            kept = self._used
        kept_file.save(self._file, _HEADER, marshal.dumps(kept))
        self._changed = False

    def _get(self, key: bytes) -> Any:
        found = self._used.get(key) or self._known.get(key)
        if found is None:
            return None
        self._used[key] = found
        return marshal.loads(found)

    def _put(self, key: bytes, value: Any) -> None:
        if self._file is None:
            return
        try:
            self._used[key] = marshal.dumps(value)
        except ValueError:  # of another type than plain
            return
        self._changed = True


def key_of(*parts: object) -> bytes:
    """One key for values whose ``repr`` tells them apart; sets are sorted first."""
    said = hashlib.sha256()
    for part in parts:
        plain = sorted(part) if isinstance(part, frozenset) else part
        said.update(repr(plain).encode("utf-8", "backslashreplace") + b"\n")
    return said.digest()
