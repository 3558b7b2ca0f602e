"""What was found in contents, kept between runs: a question's answer stays true as long as they are the same.

A lock, a base's version of a file, the text of a test that may name others: each decision on the same branch
asks the same of the same contents. Which those are is told by what they hold, never by path, time or git's
list, so what is kept is true whenever it was written; and by the sources of what answers, so that none of an
older version is believed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pytest_monorepo.workspace.files import kept

# what Python's own grammar says of a text is another's in another version
_HEADER = f"pytest-monorepo answers 1 {sys.version_info[0]}.{sys.version_info[1]}"
# loaded in a millisecond; the longest is the graph of a lock of a thousand packages
_IN_ALL = 1_000_000
_LONGEST = 200_000
_LETTERS = 32


class Question(NamedTuple):
    """What is asked of contents: ``sources`` are the files of the modules that the answer depends on."""

    name: str
    sources: tuple[str, ...]


class Answers:
    """Loaded from ``file`` when first asked; ``None`` keeps nothing."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._before: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._is_new = False

    def to(self, question: Question, about: Iterable[str], find: Callable[[], Any]) -> Any:
        """What ``find`` says, in plain words, or has said where all of ``about`` was the same.

        These are digests of contents, and what else the answer depends on.
        """
        key = self._key(question, about)
        if key is None:
            return find()
        known = self._told(key)
        if known is not None:
            return json.loads(known)
        found = find()
        told = json.dumps(found, separators=(",", ":")).encode("ascii")
        if len(told) <= _LONGEST:
            self._used[key] = told
            self._is_new = True
        return found

    def known(self, question: Question, about: Iterable[str]) -> Any:
        """What was said, ``None`` where nothing was."""
        key = self._key(question, about)
        known = None if key is None else self._told(key)
        return None if known is None else json.loads(known)

    def save(self) -> None:
        """Write what this run asked for and, as far as there is room, what others did."""
        if self._file is not None and self._is_new:
            lines = _within({**self._used, **self._kept}, _IN_ALL)
            kept.save(self._file, _HEADER, b"\n".join(lines))
            self._is_new = False

    def _told(self, key: bytes) -> bytes | None:
        known = self._used.get(key) or self._kept.get(key)
        if known is not None:
            self._used[key] = known
        return known

    def _key(self, question: Question, about: Iterable[str]) -> bytes | None:
        rules = None if self._file is None else _rules(question.sources)
        if rules is None:
            return None
        return digest_of("\0".join((question.name, rules, *about))).encode("ascii")

    @property
    def _kept(self) -> dict[bytes, bytes]:
        if self._before is None:
            body = None if self._file is None else kept.load(self._file, _HEADER)
            lines = (body or b"").split(b"\n")
            self._before = {line[:_LETTERS]: line[_LETTERS:] for line in lines if line}
        return self._before


def digest_of(content: bytes | str | None) -> str:
    """What stands for a content in a question; ``None`` is a file that is not there."""
    if content is None:
        return ""
    # a text may hold what stood for bytes that are none
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return sha256(data).hexdigest()[:_LETTERS]


@lru_cache(maxsize=16)
def _rules(sources: tuple[str, ...]) -> str | None:
    """Nobody knows what code answers of which there is no source."""
    try:
        return digest_of(b"\0".join([Path(file).read_bytes() for file in sources]))
    except OSError:
        return None


def _within(entries: dict[bytes, bytes], room: int) -> Iterator[bytes]:
    """The first ones, as many as there is room for."""
    for key, told in entries.items():
        room -= len(key) + len(told)
        if room < 0:
            return
        yield key + told
