r"""The modules of whatever looks like an import in a file, line by line: files share most of such lines.

What :mod:`.lookalikes` finds in a line depends on that line alone, unless a backslash before its end joins it
to the next one, or a bracket behind ``import`` stays open. So each different line is read once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

from .lookalikes import statements

_WORD = b"import"
_JOINTS = (b"\\\n", b"\\\r\n")
# a list behind the word that the line does not end
_OPEN = re.compile(rb"import[\s\\]*(\([\w\s,\\\x80-\xff]*(?:#|\Z))")
_LIST = re.compile(rb"(?:[\w\s,\x80-\xff]+|#[^\r\n]*)*")
# longer ones are hardly met twice
_SHORT = 400
_ROOM = 4


def modules(source: bytes) -> set[str]:
    """The modules that :func:`~.lookalikes.statements` names; raises :class:`~.lookalikes.Tangled` as it."""
    if not source.isascii() and source.find(codecs.BOM_UTF8, 1) > 0:
        # which is no mark but at the start
        return _of_all(source)
    if b"\r" in source and source.count(b"\r") > source.count(b"\r\n"):
        # one that ends a line alone: what is cut here are several
        return _of_all(source)
    found: set[str] = set()
    for part in _parts(source):
        if part is None:
            return _of_all(source)
        found |= _known(part) if len(part) < _SHORT else _read(part)
    return found


def _parts(source: bytes) -> Iterator[bytes | None]:
    """Every line with the word, and the list that it opens; ``None`` for one that only all of it tells."""
    joined = b"\\" in source
    room = _ROOM * len(source)
    at = source.find(_WORD)
    while at >= 0:
        start = source.rfind(b"\n", 0, at) + 1
        end = source.find(b"\n", at)
        end = len(source) if end < 0 else end
        line = source[start:end]
        if joined and (source.endswith(_JOINTS, 0, start) or line.endswith((b"\\", b"\\\r"))):
            yield None
        elif b"(" in line and (opened := _OPEN.search(line)) is not None:
            part = _to_its_end(source, start, start + opened.start(1))
            room -= len(part or b"")
            # a commented-out list in each line would be read to the end of the file for each
            yield part if room > 0 else None
        else:
            yield line
        at = source.find(_WORD, end)


def _to_its_end(source: bytes, start: int, bracket: int) -> bytes | None:
    """The text from ``start`` to where the list behind ``bracket`` ends."""
    found = _LIST.match(source, bracket + 1)
    end = len(source) if found is None else found.end()
    return None if source.startswith(b"\\", end) else source[start : end + 1]


def _of_all(source: bytes) -> set[str]:
    return {module for _, named in statements(source) for module in named}


def _read(part: bytes) -> frozenset[str]:
    """What its first line names: the others are read as lines of their own."""
    end = part.find(b"\n")
    return frozenset(module for at, named in statements(part) if at <= end or end < 0 for module in named)


_known = lru_cache(maxsize=1 << 15)(_read)
