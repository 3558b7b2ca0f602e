r"""What looks like an import in the bytes of a file, found in a number of steps that grows as the file does.

No pattern here repeats a repetition, and none starts again inside what it has run through: a commented-out
call or a banner of ``#`` behind an open bracket took a backtracking one hours. What remains is text that is
read twice because two words before it may both govern it (``from a import (`` in a comment within such a
list). All of it together may be a few times the file's length; a file with more is :class:`Tangled`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .text import below

_NEWLINE = re.compile(rb"\\(?:\r\n?|\n)")
# The literal first word lets the engine skip ahead; what must not stand before it is asked afterwards.
_FROM = re.compile(rb"from(?<![\w.\x80-\xff]from)")
_IMPORT = re.compile(rb"import(?<![\w\x80-\xff]import)(?![\w\x80-\xff])")
_BETWEEN = re.compile(rb"[\w.\x80-\xff \t\f]*")
_SPACE = re.compile(rb"[ \t\f]*")
_LISTED = re.compile(rb"[\w\s,\\\x80-\xff]*")
_PLAIN = re.compile(rb"[^\r\n;#\\(]*")
_MODULES = re.compile(rb"[\w., \t\f\x80-\xff]*")
_COMMENT = re.compile(rb"#[^\r\n]*")
_END_OF_LINE = re.compile(rb"[\r\n]|\Z")
# a string, all that may stand between it and the bracket before it, comments apart, and its own prefix
_DOTTED = re.compile(rb"[\"'](\w+\.[\w.]*)", re.ASCII)
_GAPS, _PREFIXES, _QUOTES = b" \t\n\r\f\v\\(=", b"rRbBuU", b"\"'"
_MOST_MARKS, _NEAR, _TARGET = 3, 200, len(b"target")
_HASH = re.compile(rb"(?<![ \t\f\\(=])[ \t\f\\(=]*#")
_LAST_FROM = re.compile(rb"(?<![\w.])from(?!\w)")
_ROOM = 4
_LEAST = 4096


class Tangled(Exception):
    """So many words claim the same text that reading all of it for each would take too long."""


def statements(source: bytes) -> list[tuple[int, tuple[str, ...]]]:
    """Whatever looks like an import statement: its offset and the modules it names.

    Raises :class:`Tangled` for a file that only a parser can read.
    """
    return list(_Reader(source.removeprefix(codecs.BOM_UTF8)).statements())


def untangled(source: bytes) -> list[tuple[int, tuple[str, ...]]]:
    """:func:`statements` of a file that no parser reads either: one statement ends where the next begins."""
    try:
        return statements(source)
    except Tangled:
        return list(_Reader(source.removeprefix(codecs.BOM_UTF8), cut=True).statements())


def opened(source: bytes) -> Iterator[str]:
    """The dotted strings that are the first argument of a call, or its ``target``."""
    found = [*_opened(source)]
    if any(hidden for _, hidden in found):
        found += _opened(without_gaps(source))
    yield from (name for name, hidden in found if not hidden)


def _opened(source: bytes) -> Iterator[tuple[str, bool]]:
    """Such strings, and of all that may be one whether a comment stands before it: it hides a bracket."""
    for match in _DOTTED.finditer(source):
        head = _head(source, match.start(1))
        opening = head.rstrip(_QUOTES)
        before_prefix = opening.rstrip(_PREFIXES)
        before = before_prefix.rstrip(_GAPS)
        run = before_prefix[len(before) :]
        if not run or max(len(head) - len(opening), len(opening) - len(before_prefix)) > _MOST_MARKS:
            continue
        if b"(" in run or (b"=" in run and before.endswith(b"target")):
            yield match.group(1).decode("ascii").rstrip("."), False
        elif b"\n" in run or b"\r" in run:
            end = match.start(1) - len(head) + len(before)
            hidden = b"#" in source[source.rfind(b"\n", 0, end) + 1 : end]
            yield from (("", True),) if hidden else ()


def _head(source: bytes, at: int) -> bytes:
    """What stands before ``at``, with something beyond all that may stand between a string and a bracket."""
    size = _NEAR
    while True:
        head = source[max(0, at - size) : at]
        if size >= at or len(head.rstrip(_QUOTES).rstrip(_PREFIXES).rstrip(_GAPS)) >= _TARGET:
            return head
        size *= 4


def without_gaps(source: bytes) -> bytes:
    """``source`` without the comments that may stand between a bracket and a string.

    A ``#`` may as well be part of a string: a line keeps a bracket that it may have left open.
    """
    pieces: list[bytes] = []
    at = 0
    for match in _HASH.finditer(source):
        if match.start() < at:
            continue
        alone = source[max(0, match.start() - 1) : match.start()] in (b"", b"\n", b"\r")
        run = match.group()
        if not (alone or b"(" in run or b"=" in run):
            continue
        found = _END_OF_LINE.search(source, match.end())
        end = found.start() if found is not None else len(source)
        rest = source[match.end() : end]
        pieces += [source[at : match.end() - 1], b"(" if alone and (b"(" in rest or b"=" in rest) else b""]
        at = end
    return b"".join((*pieces, source[at:]))


@dataclass
class _Reader:
    """``cut`` ends each statement at the next word ``import``; ``read`` counts the bytes that were taken."""

    source: bytes
    cut: bool = False
    read: int = 0

    def statements(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        taken: set[int] = set()
        for start, module, end in self._froms():
            if module.strip(b" \t\f") and b"\\" not in module:
                taken.add(end)
            yield start, _from_modules(module, self._names(end))
        for match in _IMPORT.finditer(self.source):
            end = match.end()
            if end not in taken and self.source[match.start() - 1 : match.start()] != b".":
                limit = self._limit(end)
                start = self._run(_SPACE, end, limit)
                stop = self._run(_MODULES, start, limit)
                if end < start < stop:
                    yield match.start(), _import_modules(self._text(start, stop))

    def _froms(self) -> Iterator[tuple[int, bytes, int]]:
        """Each word ``from`` with the nearest ``import`` that it may belong to, and what is between them."""
        taken = run_end = 0
        imports = _IMPORT.finditer(self.source)
        nearest = next(imports, None)
        for match in _FROM.finditer(self.source):
            start = match.end()
            if match.start() < taken:
                continue
            if start > run_end:
                run_end = self._run(_BETWEEN, start, len(self.source))
            while nearest is not None and nearest.start() <= start:
                nearest = next(imports, None)
            if nearest is None:
                return
            if nearest.start() <= run_end:
                taken = nearest.end()
                yield match.start(), self.source[start : nearest.start()], taken

    def _limit(self, at: int) -> int:
        """Where what follows the word that ends at ``at`` must end."""
        found = _IMPORT.search(self.source, at) if self.cut else None
        return len(self.source) if found is None else found.start()

    def _run(self, pattern: re.Pattern[bytes], at: int, limit: int) -> int:
        """Where the text of this kind ends; a joined line goes on."""
        while True:
            found = pattern.match(self.source, at, limit)
            at = found.end() if found is not None else at
            joint = _NEWLINE.match(self.source, at, limit)
            if joint is None:
                return at
            at = joint.end()

    def _names(self, at: int) -> bytes:
        """What stands behind ``import``: to the end of the line, or in brackets."""
        limit = self._limit(at)
        at = self._run(_SPACE, at, limit)
        if not self.source.startswith(b"(", at):
            return self._text(at, self._run(_PLAIN, at, limit))
        end = at + 1
        while True:
            found = _LISTED.match(self.source, end, limit)
            end = found.end() if found is not None else end
            comment = _COMMENT.match(self.source, end, limit)
            if comment is None or self._is_long(end - at):
                return self._text(at + 1, end)
            end = comment.end()

    def _is_long(self, length: int) -> bool:
        return self.read + length > self._room

    @property
    def _room(self) -> int:
        return _ROOM * len(self.source) + _LEAST

    def _text(self, start: int, end: int) -> bytes:
        self.read += end - start
        if self.read > self._room and not self.cut:
            raise Tangled
        return self.source[start:end]


@lru_cache(maxsize=1 << 16)
def _from_modules(module: bytes, names: bytes) -> tuple[str, ...]:
    words = _LAST_FROM.split(_flat(module))[-1].split()
    base = _text(words[-1]) if words else ""
    found = []
    for part in _COMMENT.sub(b"", names).replace(b"\\", b" ").split(b","):
        name = part.split(None, 1)[:1]
        if name and name[0] != b"*" and (text := _text(name[0])).isidentifier():
            found.append(text)
        elif name:
            found.append("")
    return tuple(below(base, name) for name in found or [""])


@lru_cache(maxsize=1 << 16)
def _import_modules(names: bytes) -> tuple[str, ...]:
    parts = (part.split(None, 1)[:1] for part in _flat(names).split(b","))
    return tuple(_text(part[0]).strip(".") for part in parts if part)


def _flat(text: bytes) -> bytes:
    if b"\\" in text:
        text = _NEWLINE.sub(b" ", text)
    return b".".join(part.strip() for part in text.split(b".")) if b"." in text else text


def _text(name: bytes) -> str:
    # Python compares identifiers in this form (PEP 3131)
    return (
        name.decode("ascii")
        if name.isascii()
        else unicodedata.normalize("NFKC", name.decode("utf-8", "replace"))
    )
