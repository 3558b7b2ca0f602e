"""Which of many words a text may hold, by the runs of letters that it is made of.

Looking for a hundred words one after the other reads a file a hundred times, and most files have none of
them. The letters of a word that is looked for lie within one run of letters of the text, and files share most
of their runs: each is asked about once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

_LETTERS = re.compile(rb"[A-Za-z0-9_\x80-\xff]{4,}")
_APART = bytes(code if _LETTERS.match(bytes([code] * 4)) else 32 for code in range(256))
# These stand in nearly every file: a word that has no other letters is looked for itself.
_COMMON = frozenset((b"import", b"from", b"path", b"pytest", b"main"))
_MOST = 200_000


class Vocabulary:
    """``wanted`` are several lists of words; for each there is a bit in what :meth:`of` gives, in order.

    One more is there for a whole run of letters that is ``looked_for``.
    """

    def __init__(
        self, wanted: Sequence[Iterable[bytes]], looked_for: Callable[[bytes], bool] | None = None
    ) -> None:
        lists = [tuple(words) for words in wanted]
        self._looked_for = looked_for
        self._pieces = [frozenset(filter(None, map(_piece, words))) for words in lists]
        self._whole = dict[bytes, int]()
        for number, words in enumerate(lists):
            for word in words:
                if not _piece(word):
                    self._whole[word] = self._whole.get(word, 0) | 1 << number
        self._edges = {word: _edge(word) for word in self._whole}
        self._bits: dict[bytes, tuple[int, tuple[bytes, ...]]] = {}
        self._plain: set[bytes] = set()

    def of(self, source: bytes) -> int:
        """The lists of which the text may hold a word: none that it holds is missing."""
        found, asked = 0, set[bytes]()
        for run in set(source.translate(_APART).split()) - self._plain:
            bits, words = self._bits.get(run) or self._known(run)
            found |= bits
            asked.update(words)
        for word in asked:
            bits = self._whole[word]
            if bits & ~found and word in source:
                found |= bits
        return found

    def _known(self, run: bytes) -> tuple[int, tuple[bytes, ...]]:
        """The lists that a run of letters speaks for, and the words that are to be looked for beside it."""
        lists = enumerate(self._pieces)
        bits = sum(1 << number for number, pieces in lists if any(piece in run for piece in pieces))
        if self._looked_for is not None and self._looked_for(run):
            bits |= 1 << len(self._pieces)
        words = tuple(word for word, edge in self._edges.items() if edge.is_in(run))
        self._keep(run, bits, words)
        return bits, words

    def _keep(self, run: bytes, bits: int, words: tuple[bytes, ...]) -> None:
        if bits or words:
            self._bits[run] = bits, words
        elif len(self._plain) < _MOST:
            self._plain.add(run)


class _Edge(NamedTuple):
    """The run of letters that tells most of a word, and whether it ends within the word on either side."""

    letters: bytes
    left: bool
    right: bool

    def is_in(self, run: bytes) -> bool:
        """Whether a text in which the word stands may have this run, of all its runs."""
        if self.left and self.right:
            return run == self.letters
        if self.left:
            return run.startswith(self.letters)
        return run.endswith(self.letters) if self.right else self.letters in run


def _piece(word: bytes) -> bytes:
    """The longest run of letters in a word that tells it from others; nothing where it has none."""
    return max(set(_LETTERS.findall(word)) - _COMMON, key=len, default=b"")


def _edge(word: bytes) -> _Edge:
    """Of the runs in a word a whole one first, which only that run can be, then a long one."""
    padded = b"".join((b"x", word, b"x")).translate(_APART)
    runs = word.translate(_APART).split()
    ends = [
        _Edge(run, number > 0 or padded[1:2] == b" ", number < len(runs) - 1 or padded[-2:-1] == b" ")
        for number, run in enumerate(runs)
    ]
    return max(ends, key=lambda end: (end.left and end.right, len(end.letters)))
