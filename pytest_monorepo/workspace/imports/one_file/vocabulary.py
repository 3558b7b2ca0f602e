"""Which of many words a text may hold, by the runs of letters that it is made of.

Looking for a hundred words one after the other reads a file a hundred times, and most files have none of
them. The letters of a word that is looked for lie within one run of letters of the text, and files share most
of their runs: each is asked about once. What stands between two blanks is made of whole runs, and files share
much of that, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

_LETTERS = re.compile(rb"[A-Za-z0-9_\x80-\xff]{4,}")
_APART = bytes(code if _LETTERS.match(bytes([code] * 4)) else 32 for code in range(256))
# These stand in nearly every file: a word that has no other letters is looked for itself.
_COMMON = frozenset((b"import", b"from", b"path", b"pytest", b"main"))
_MOST = 200_000
# characters that are looked through to tell which lines are plain
_MUCH = 20_000_000


class Heard(NamedTuple):
    """The lists of which a text may hold a word, a bit for each, and all in it that the pattern may match.

    ``matched`` is what stands there between two blanks, each once, in any order.
    """

    lists: int
    matched: bytes = b""


_SILENT = Heard(0)


class Vocabulary:
    """``wanted`` are several lists of words; for each there is a bit in what :meth:`of` gives, in order.

    One more is there for a whole run of letters that is ``looked_for``. ``pattern`` is one that goes
    over no blank.
    """

    def __init__(
        self,
        wanted: Sequence[Iterable[bytes]],
        looked_for: Callable[[bytes], bool] | None = None,
        pattern: re.Pattern[bytes] | None = None,
    ) -> None:
        lists = [tuple(words) for words in wanted]
        self._looked_for = looked_for or _nothing
        self._looked_for_bit = 1 << len(lists)
        self._pattern = pattern
        self._pieces = dict[bytes, int]()
        self._whole = dict[bytes, int]()
        for number, words in enumerate(lists):
            for word in words:
                piece = _piece(word)
                table = self._pieces if piece else self._whole
                table[piece or word] = table.get(piece or word, 0) | 1 << number
        self._edges = {word: _edge(word) for word in self._whole}
        self._bits: dict[bytes, tuple[int, tuple[bytes, ...]]] = {}
        self._plain: set[bytes] = set()
        self._plain_lines: set[bytes] = set()

    def of(self, source: bytes) -> Heard:
        """The lists of which the text may hold a word: none that it holds is missing."""
        new = set(source.split(b"\n"))
        new -= self._plain_lines
        if not new:
            return _SILENT
        rest = b"\n%b\n" % b"\n".join(new)
        apart = rest.translate(_APART)
        runs = set(apart.split())
        runs -= self._plain
        unknown = runs - self._bits.keys()
        if unknown:
            self._learn(unknown)
            runs -= unknown - self._bits.keys()
        matches = () if self._pattern is None else self._pattern.finditer(rest)
        matched = set(_around(rest, (match.start() for match in matches)))
        if len(self._plain_lines) < _MOST and len(rest) < _MOST and len(rest) * len(runs) < _MUCH:
            new -= matched
            for run in runs:
                new.difference_update(_around(rest, _places(apart, run)))
            self._plain_lines |= new
        return Heard(self._asked(runs, source), b"\n".join(matched))

    def _asked(self, runs: Iterable[bytes], source: bytes) -> int:
        found, asked = 0, set[bytes]()
        for run in runs:
            bits, words = self._bits[run]
            found |= bits
            asked.update(words)
        for word in asked:
            bits = self._whole[word]
            if bits & ~found and word in source:
                found |= bits
        return found

    def _learn(self, runs: Collection[bytes]) -> None:
        """For each run of letters the lists that it speaks for, and the words to be looked for beside it."""
        together = b" ".join(runs)
        pieces = [(piece, bits) for piece, bits in self._pieces.items() if piece in together]
        edges = [(word, edge) for word, edge in self._edges.items() if edge.letters in together]
        for run in runs:
            found = self._looked_for_bit if self._looked_for(run) else 0
            for piece, bits in pieces:
                if piece in run:
                    found |= bits
            words = tuple(word for word, edge in edges if edge.is_in(run))
            if found or words:
                self._bits[run] = found, words
            elif len(self._plain) < _MOST:
                self._plain.add(run)


def _places(apart: bytes, run: bytes) -> Iterator[int]:
    """Where the run of letters begins in a text that has nothing but blanks between such."""
    at = apart.find(b" %b " % run)
    while at >= 0:
        yield at + 1
        at = apart.find(b" %b " % run, at + 1)


def _around(rest: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """What stands between two blanks at these places, which rise: each once, however many lie in it."""
    end = 0
    for at in places:
        if at >= end:
            end = rest.find(b"\n", at)
            yield rest[rest.rfind(b"\n", 0, at + 1) + 1 : end]


def _nothing(run: bytes) -> bool:
    return False


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
